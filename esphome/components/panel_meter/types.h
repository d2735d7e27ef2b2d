/// The words and limits of protocol v1 that everything of the journal shares.
#pragma once

#include <cstddef>
#include <cstdint>

namespace panel_meter {

/// Milliseconds: of the board's own steady time since boot, or UTC where the name says so.
using Millis = int64_t;

constexpr Millis SECOND = 1000;

constexpr size_t MAX_REGISTERS = 64;  // F4
constexpr size_t MAX_CHANNELS = 32;
constexpr size_t MAX_PHASES = 3;
constexpr size_t MAX_PANEL_ID = 32;    // bytes, section 2
constexpr size_t MAX_CHANNEL_ID = 16;  // bytes, F10
constexpr size_t MAX_NAME = 64;        // bytes, F10
constexpr size_t MAX_REGISTER_NAME = MAX_CHANNEL_ID + 7;
constexpr size_t MAX_BASE = 64;
constexpr size_t MAX_TOPIC = MAX_BASE + MAX_PANEL_ID + 16;

/// The largest register, in mWh (F5).
constexpr uint64_t MAX_ENERGY = (uint64_t{1} << 53) - 1;

constexpr size_t MAX_INFO = 8192;     // bytes, T1
constexpr size_t MAX_LIVE = 3072;     // bytes, T3
constexpr size_t MAX_RECORD = 940;    // bytes, T4; a single row may be longer
constexpr size_t MAX_RESPONSE = 512;  // bytes, T7
/// Acks and commands above this are dropped unread, in bytes (T5, T6).
constexpr size_t MAX_INBOUND = 512;

constexpr uint32_t MIN_INTERVAL = 60;  // seconds, B2
constexpr uint32_t MAX_INTERVAL = 3600;
constexpr uint32_t MIN_LIVE_INTERVAL = 1;  // seconds, T3
constexpr uint32_t MAX_LIVE_INTERVAL = 60;

/// The flags of a record (F9).
constexpr uint16_t FLAG_REBOOT = 1;
constexpr uint16_t FLAG_CLOCK_STEP = 2;
constexpr uint16_t FLAG_PARTIAL = 4;
constexpr uint16_t FLAG_FAULT = 8;
constexpr uint16_t FLAG_CALIBRATION = 16;
constexpr uint16_t FLAG_SIMULATED = 32;

enum class Role : uint8_t { MAIN, CIRCUIT, SOLAR, BATTERY, SUB };
enum class Phase : uint8_t { L1, L2, L3, L1L2, L123 };
enum class Direction : uint8_t { IMPORT, EXPORT };

/// What a channel is (F10). The texts must live as long as the board.
struct ChannelInfo {
  const char *id;
  const char *name;
  Role role;
  Phase phase;
  /// The breaker, in A; 0: not said.
  float rating;
  /// The place in the panel, from 1; 0: not said.
  uint8_t slot;
  /// 0: not said.
  uint8_t poles;
  /// The id of the channel that feeds this one, for a sub channel; otherwise nullptr.
  const char *parent;
};

/// A cumulative register: the index of its channel and the direction of its energy (F4).
struct RegisterInfo {
  uint8_t channel;
  Direction direction;
};

/// What is built into a board and flashed with it. The texts and arrays must live as long as the board.
struct PanelConfig {
  const char *base;  ///< the beginning of every topic
  const char *id;
  const char *name;
  const char *model;
  const char *firmware;
  uint32_t interval;       ///< seconds, until a command sets another
  uint32_t live_interval;  ///< seconds, until a command sets another
  /// Rows that a new ring holds.
  uint32_t capacity;
  /// Rows that are stored as one block; more of them need less room and are written more often.
  uint8_t rows_per_block;
  /// Volts.
  uint16_t nominal_voltage;
  const ChannelInfo *channels;
  size_t channel_count;
  const RegisterInfo *registers;
  size_t register_count;
  /// Flags that every record carries, e.g. FLAG_SIMULATED.
  uint16_t always;
};

/// What a board measures now (F6), in the order of its channels; a NaN is sent as null, or left out where it is alone.
struct LiveValues {
  float power[MAX_CHANNELS];         ///< W, import positive
  float current[MAX_CHANNELS];       ///< A
  float power_factor[MAX_CHANNELS];  ///< -1..1
  float voltage[MAX_PHASES];         ///< V, one for each phase
  size_t phase_count;
  float frequency;    ///< Hz
  float temperature;  ///< degrees Celsius
};

}  // namespace panel_meter
