// Posts current, voltage and temperature to Panel Meter every 30 seconds.
// Make the token in Home Assistant: Settings > Devices & services > Panel Meter > Add device that posts.

#include <HTTPClient.h>
#include <WiFi.h>

const char *WIFI_NAME = "your network";
const char *WIFI_PASSWORD = "your password";
const char *ADDRESS = "http://homeassistant.local:8123/api/panel_meter/v1/ingest";
const char *TOKEN = "pmt_...";
const char *DEVICE = "esp32_001";

unsigned long pause = 30000;

float measureCurrent();
float measureVoltage();
float measureTemperature();

void setup() {
  Serial.begin(115200);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
}

void loop() {
  pause = 30000;
  if (WiFi.status() == WL_CONNECTED) {
    post();
  }
  delay(pause);
}

void post() {
  char body[160];
  snprintf(body, sizeof(body), "{\"deviceId\":\"%s\",\"current\":%.3f,\"voltage\":%.1f,\"temperature\":%.1f}",
           DEVICE, measureCurrent(), measureVoltage(), measureTemperature());

  HTTPClient http;
  const char *wanted[] = {"Retry-After"};
  http.begin(ADDRESS);
  http.collectHeaders(wanted, 1);
  http.addHeader("Content-Type", "application/json");
  http.addHeader("Authorization", String("Bearer ") + TOKEN);
  int status = http.POST(body);
  if (status == 401) {
    Serial.println("The token is not valid.");
  } else if (status == 202) {
    Serial.println("Add the panel on the integrations page of Home Assistant.");
  } else if (status == 429 || status == 503) {
    pause = max(30000L, http.header("Retry-After").toInt() * 1000);
  } else if (status != 200) {
    Serial.println(http.getString());
  }
  http.end();
}

// Replace these by what your sensors say.
float measureCurrent() { return 2.3; }
float measureVoltage() { return 230.5; }
float measureTemperature() { return temperatureRead(); }
