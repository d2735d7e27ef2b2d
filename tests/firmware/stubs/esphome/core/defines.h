#pragma once
#define USE_MQTT
#define USE_PANEL_METER_HTTP
