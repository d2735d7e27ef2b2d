#pragma once

#include <cstddef>
#include <cstdint>

/// Limits and plain values of the measuring half.
///
/// Words: an *input* is one analogue pin that is sampled; a *scan* is one sample of every input, in a fixed order; a
/// *count* is the unit of a sample after the calibration table of the converter (a tenth of a millivolt at the pin);
/// a *window* is about one second of scans, from one rising zero crossing of the first voltage to another; a *leg* is
/// one current input together with the voltage that drives it; a *channel* has one to three legs.
namespace panel_meter {

/// Most inputs of one board: the longest scan pattern of the supported chips.
constexpr size_t MAX_INPUTS = 16;
/// Most voltage inputs, one for each phase.
constexpr size_t MAX_VOLTAGES = 3;
/// Most legs, and so most current inputs.
constexpr size_t MAX_LEGS = 16;
/// Most channels that are measured.
constexpr size_t MAX_MEASURED_CHANNELS = 16;
/// Most legs of one channel.
constexpr size_t MAX_LEGS_OF_CHANNEL = 3;

/// What is wrong with a measurement, or must be known about it. Bits of a set.
enum Fault : uint32_t {
  FAULT_NONE = 0,
  /// The input reached the end of the converter's range: the true value is larger.
  FAULT_CLIPPED = 1u << 0,
  /// All samples of a window were equal: the pin is dead, or its wire is off.
  FAULT_STUCK = 1u << 1,
  /// The converter left out too many samples of this input.
  FAULT_MISSING = 1u << 2,
  /// The mean of the input is far from the middle of its range: the bias is wrong.
  FAULT_BIAS = 1u << 3,
  /// Scans were lost; the time was bridged with the power before and after it.
  FAULT_GAP = 1u << 4,
  /// Scans were lost for longer than is bridged: energy of that time was not measured.
  FAULT_UNCOUNTED = 1u << 5,
  /// No voltage is measured: the power is volts times amperes times an assumed power factor.
  FAULT_APPARENT = 1u << 6,
};

/// The faults that make a value worthless rather than inexact.
constexpr uint32_t USELESS_FAULTS = FAULT_STUCK | FAULT_MISSING;

}  // namespace panel_meter
