#include "calibration_store.h"

namespace panel_meter {

namespace {

uint64_t bits_of(double value) {
  uint64_t bits;
  static_assert(sizeof(bits) == sizeof(value), "A double has 64 bits.");
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

double double_of(uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

bool is_sane(const InputCalibration &calibration) {
  return calibration.gain >= 0.1 && calibration.gain <= 10 && calibration.lead_degrees >= -90 &&
         calibration.lead_degrees <= 90 && calibration.noise_counts >= 0 && calibration.noise_counts < 10'000 &&
         calibration.zero_watts > -10'000 && calibration.zero_watts < 10'000;
}

}  // namespace

void CalibrationStore::load() {
  count_ = 0;
  size_t size = 0;
  const uint8_t *data = slots_.load(size);
  if (data == nullptr)
    return;
  ByteReader reader(data, size);
  if (reader.number<uint8_t>() != VERSION)
    return;
  const size_t stored = reader.number<uint8_t>();
  for (size_t index = 0; index < stored && index < MAX_CALIBRATED; index++) {
    InputCalibration read{};
    read.gpio = reader.number<uint8_t>();
    read.has_lead = reader.number<uint8_t>() != 0;
    read.gain = double_of(reader.number<uint64_t>());
    read.lead_degrees = double_of(reader.number<uint64_t>());
    read.noise_counts = double_of(reader.number<uint64_t>());
    read.zero_watts = double_of(reader.number<uint64_t>());
    if (!reader.ok())
      return;
    if (is_sane(read))
      set(read);
  }
}

bool CalibrationStore::save() {
  ByteWriter writer = slots_.begin();
  writer.number(VERSION);
  writer.number(static_cast<uint8_t>(count_));
  for (size_t index = 0; index < count_; index++) {
    const InputCalibration &calibration = calibration_[index];
    writer.number(calibration.gpio);
    writer.number(static_cast<uint8_t>(calibration.has_lead ? 1 : 0));
    writer.number(bits_of(calibration.gain));
    writer.number(bits_of(calibration.lead_degrees));
    writer.number(bits_of(calibration.noise_counts));
    writer.number(bits_of(calibration.zero_watts));
  }
  return slots_.commit(writer);
}

InputCalibration CalibrationStore::of(uint8_t gpio) const {
  for (size_t index = 0; index < count_; index++) {
    if (calibration_[index].gpio == gpio)
      return calibration_[index];
  }
  InputCalibration fresh{};
  fresh.gpio = gpio;
  fresh.gain = 1.0;
  return fresh;
}

bool CalibrationStore::set(const InputCalibration &calibration) {
  for (size_t index = 0; index < count_; index++) {
    if (calibration_[index].gpio == calibration.gpio) {
      calibration_[index] = calibration;
      return true;
    }
  }
  if (count_ == MAX_CALIBRATED)
    return false;
  calibration_[count_++] = calibration;
  return true;
}

}  // namespace panel_meter
