#include "intervals.h"

#include <cstring>

namespace panel_meter {

namespace {

/// A clock that is wrong by no more than this is moved silently (F9).
constexpr Millis SILENT_STEP = 3 * SECOND;

}  // namespace

void Intervals::reset(uint32_t length, uint16_t always) {
  this->length_ = length;
  this->always_ = always;
  this->has_clock_ = false;
  this->offset_ = 0;
  this->first_ = this->count_ = 0;
}

void Intervals::begin(Millis now, uint16_t flags) {
  this->opened_ = now;
  this->carried_ = 0;
  this->flags_ = flags;
  this->find_boundary_(now);
}

void Intervals::carry(Millis unrecorded, uint16_t flags) {
  this->carried_ = unrecorded;
  this->mark(flags);
}

void Intervals::set_length(uint32_t length, Millis now) {
  this->length_ = length;
  this->find_boundary_(now);
}

void Intervals::set_clock(Millis now, Millis utc) {
  const Millis old = this->offset_;
  this->offset_ = utc - now;
  if (!this->has_clock_) {
    this->has_clock_ = true;
    this->stamp_();
    this->find_boundary_(now);
    return;
  }
  const Millis step = this->offset_ > old ? this->offset_ - old : old - this->offset_;
  if (step <= SILENT_STEP)
    return;
  const Millis elapsed = this->elapsed_(now);
  const auto flags = static_cast<uint16_t>(this->flags_ | FLAG_CLOCK_STEP);
  this->begin(now, 0);
  this->record_(utc / SECOND, elapsed, flags, this->registers_.energies());
}

Millis Intervals::ends_at() const {
  return this->has_clock_ ? this->boundary_ * SECOND - this->offset_ : this->boundary_ * SECOND;
}

void Intervals::end(Millis now) {
  const Millis elapsed = this->elapsed_(now);
  const uint16_t flags = this->flags_;
  int64_t end = this->boundary_;
  // Somebody who was held up for longer than an interval ends one long interval at the last boundary that has passed.
  const Millis late = now - this->ends_at();
  if (late > 0)
    end += late / (SECOND * this->length_) * this->length_;
  this->begin(now, 0);
  if (this->has_clock_) {
    this->record_(end, elapsed, flags, this->registers_.energies());
  } else {
    this->keep_({now, elapsed, flags});
  }
  // What was just recorded may move the next boundary.
  this->find_boundary_(now);
}

bool Intervals::end_early(Millis now) {
  if (!this->has_clock_)
    return false;
  const Millis elapsed = this->elapsed_(now);
  const auto flags = static_cast<uint16_t>(this->flags_ | FLAG_PARTIAL);
  this->begin(now, 0);
  this->record_(this->clock(now) / SECOND, elapsed, flags, this->registers_.energies());
  this->find_boundary_(now);
  return true;
}

Millis Intervals::unrecorded(Millis now) const {
  Millis sum = this->elapsed_(now);
  for (size_t place = 0; place < this->count_; place++)
    sum += this->unstamped_[this->slot_(place)].elapsed;
  return sum;
}

uint16_t Intervals::unrecorded_flags() const {
  uint16_t flags = this->flags_;
  for (size_t place = 0; place < this->count_; place++)
    flags = static_cast<uint16_t>(flags | this->unstamped_[this->slot_(place)].flags);
  return flags;
}

size_t Intervals::most_unstamped_() const {
  const size_t most = POOL / this->registers_.count();
  return most < MAX_UNSTAMPED ? most : MAX_UNSTAMPED;
}

void Intervals::find_boundary_(Millis now) {
  Millis start = now;
  if (this->has_clock_) {
    start += this->offset_;
    // A clock that was put back a little must not end the same interval twice.
    int64_t last = 0;
    if (this->last_(last) && last * SECOND > start && last * SECOND - start <= SILENT_STEP)
      start = last * SECOND;
  }
  this->boundary_ = (start / SECOND / this->length_ + 1) * this->length_;
}

void Intervals::keep_(const Unstamped &interval) {
  if (this->count_ == this->most_unstamped_()) {
    // The two oldest merge: that costs resolution, and no energy.
    const Unstamped &first = this->unstamped_[this->slot_(0)];
    Unstamped &second = this->unstamped_[this->slot_(1)];
    second.elapsed += first.elapsed;
    second.flags = static_cast<uint16_t>(second.flags | first.flags);
    this->first_ = this->slot_(1);
    this->count_--;
  }
  this->unstamped_[this->slot_(this->count_)] = interval;
  std::memcpy(this->energies_of_(this->count_), this->registers_.energies(), 8 * this->registers_.count());
  this->count_++;
}

void Intervals::stamp_() {
  while (this->count_ > 0) {
    const Unstamped interval = this->unstamped_[this->slot_(0)];
    const uint64_t *energies = this->energies_of_(0);
    this->first_ = this->slot_(1);
    this->count_--;
    const int64_t end = (interval.closed + this->offset_) / SECOND;
    this->record_(end, interval.elapsed, interval.flags, energies);
  }
}

void Intervals::record_(int64_t end, Millis elapsed, uint16_t flags, const uint64_t *energies) {
  Ring &ring = this->journals_.present();
  const size_t registers = this->registers_.count();
  bool any = false;
  for (size_t index = 0; index < registers; index++)
    any = any || energies[index] > 0;
  if (elapsed <= 0 && !any)
    return;
  if (end < 1)
    end = 1;
  auto duration = (elapsed + SECOND / 2) / SECOND;
  Record &record = this->record_buffer_;
  if (ring.newest() > 0 && ring.read(ring.newest(), record)) {
    if (end <= record.end) {
      if (std::memcmp(record.energies, energies, 8 * registers) == 0)
        return;
      flags = static_cast<uint16_t>(flags | FLAG_CLOCK_STEP);
    }
    // A row covers all the time since the row before, as its energy does.
    if ((flags & FLAG_CLOCK_STEP) == 0)
      duration = end - record.end;
  }
  if (duration != this->length_)
    flags = static_cast<uint16_t>(flags | FLAG_PARTIAL);
  record.end = end;
  record.duration = static_cast<uint32_t>(duration < UINT32_MAX ? duration : UINT32_MAX);
  record.flags = static_cast<uint16_t>(flags | this->always_);
  std::memcpy(record.energies, energies, 8 * registers);
  // A row that could not be written becomes part of the next one.
  if (!ring.append(record))
    this->carry(this->carried_ + elapsed, flags);
}

bool Intervals::last_(int64_t &end) const {
  Ring &ring = this->journals_.present();
  Record record;
  if (ring.newest() == 0 || !ring.read(ring.newest(), record))
    return false;
  end = record.end;
  return true;
}

}  // namespace panel_meter
