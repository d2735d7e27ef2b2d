#include "http_form.h"

namespace panel_meter {

namespace {

constexpr const char *KINDS[] = {"/info", "/live", "/record", "/response"};
constexpr size_t RESPONSE = 3;

bool ends_with(const char *text, const char *end) {
  const size_t length = std::strlen(text);
  const size_t tail = std::strlen(end);
  return length >= tail && std::strcmp(text + length - tail, end) == 0;
}

}  // namespace

bool HttpForm::publish(const char *topic, const char *payload, size_t size, uint8_t, bool) {
  for (size_t kind = 0; kind < 4; kind++) {
    if (!ends_with(topic, KINDS[kind]))
      continue;
    Slot &slot = this->slots_[kind];
    // What is on its way must not change; answers must not overwrite one another, while the newest of the rest counts.
    if (this->posting_ || size > slot.capacity || (kind == RESPONSE && slot.size > 0))
      return false;
    std::memcpy(slot.data, payload, size);
    slot.size = size;
    return true;
  }
  // There is no status: the host sees when somebody posts.
  return true;
}

void HttpForm::step(Board &board, Millis now) {
  if (!this->up_ && !this->stopped_ && now >= this->next_at_) {
    this->up_ = true;
    board.connected(now);
  }
  board.step(now);
}

size_t HttpForm::begin(Piece (&pieces)[MAX_PIECES], size_t &length) {
  size_t count = 0;
  length = 0;
  const auto add = [&](const char *data, size_t size) {
    pieces[count++] = {data, size};
    length += size;
  };
  for (const Slot &slot : this->slots_) {
    if (slot.size == 0)
      continue;
    add(count == 0 ? "{" : ",", 1);
    add(slot.opening, std::strlen(slot.opening));
    add(slot.data, slot.size);
  }
  add("}", 1);
  this->posting_ = true;
  return count;
}

void HttpForm::answered(Board &board, int status, const char *body, size_t size, uint32_t retry_after, Millis now) {
  this->posting_ = false;
  if (status >= 200 && status < 300) {
    this->empty_();
    this->pause_ = FIRST_PAUSE;
    if (this->batch_ < MAX_RECORD) {
      this->batch_ = 2 * this->batch_ < MAX_RECORD ? 2 * this->batch_ : MAX_RECORD;
      board.limit_records(this->batch_);
    }
    this->obey_(board, parse_json(body, size), now);
  } else if (status == 401) {
    this->stopped_ = true;
    this->lose_(board, 0, now);
  } else if (status == 413 && this->batch_ > LEAST_BATCH) {
    this->batch_ /= 2;
    // The rest is said again, too: nobody knows how much of it was read.
    this->lose_(board, 0, now);
    board.limit_records(this->batch_);
  } else if (status == 429) {
    const uint32_t wished = retry_after < LONGEST_WISH ? retry_after : LONGEST_WISH;
    this->lose_(board, wished > 0 ? wished * SECOND : FIRST_PAUSE, now);
  } else {
    this->lose_(board, this->pause_, now);
    this->pause_ = 2 * this->pause_ < LONGEST_PAUSE ? 2 * this->pause_ : LONGEST_PAUSE;
  }
}

bool HttpForm::filled_() const {
  for (const Slot &slot : this->slots_) {
    if (slot.size > 0)
      return true;
  }
  return false;
}

void HttpForm::empty_() {
  for (Slot &slot : this->slots_)
    slot.size = 0;
}

/// As if a connection had broken: when it is back, the board says everything again.
void HttpForm::lose_(Board &board, Millis pause, Millis now) {
  // An answer is said only once, and costs little.
  for (size_t kind = 0; kind < RESPONSE; kind++)
    this->slots_[kind].size = 0;
  this->up_ = false;
  this->next_at_ = now + pause;
  board.disconnected(now);
}

void HttpForm::obey_(Board &board, const JsonValue &answer, Millis now) {
  uint64_t time = 0;
  constexpr uint64_t latest = uint64_t{1} << 40;
  if (board.time(now) == 0 && member(answer, "time").as_integer(time) && time > 0 && time < latest)
    board.set_clock(now, static_cast<Millis>(time) * SECOND);
  const JsonValue ack = member(answer, "ack");
  if (!ack.missing())
    board.on_ack(ack.data(), ack.size(), now);
  const JsonValue commands = member(answer, "commands");
  if (commands.type() != JsonType::ARRAY)
    return;
  JsonCursor cursor(commands);
  JsonValue command;
  while (cursor.next(command))
    board.on_command(command.data(), command.size(), now);
}

}  // namespace panel_meter
