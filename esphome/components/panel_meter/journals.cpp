#include "journals.h"

namespace panel_meter {

namespace {

constexpr uint32_t MAGIC = 0x314A4D50;  // "PMJ1"
constexpr size_t SHAPE_SIZE = 18;

bool is_register_name(const char *name) {
  size_t length = 0;
  while ((name[length] >= 'a' && name[length] <= 'z') || (name[length] >= '0' && name[length] <= '9') ||
         name[length] == '_')
    length++;
  return length >= 1 && length <= MAX_CHANNEL_ID &&
         (std::strcmp(name + length, ".import") == 0 || std::strcmp(name + length, ".export") == 0);
}

}  // namespace

void register_name(const PanelConfig &config, size_t index, char *out) {
  const RegisterInfo &info = config.registers[index];
  const char *id = config.channels[info.channel].id;
  const size_t length = std::strlen(id);
  std::memcpy(out, id, length);
  std::memcpy(out + length, info.direction == Direction::IMPORT ? ".import" : ".export", 8);
}

void Journals::open() {
  this->count_ = 0;
  RingShape shapes[MAX_JOURNALS];
  for (uint8_t area = 0; area < MAX_JOURNALS; area++) {
    RingShape shape{};
    uint32_t order = 0;
    if (!this->read_shape_(area, shape, order))
      continue;
    size_t place = this->count_++;
    for (; place > 0 && this->orders_[place - 1] > order; place--) {
      shapes[place] = shapes[place - 1];
      this->orders_[place] = this->orders_[place - 1];
    }
    shapes[place] = shape;
    this->orders_[place] = order;
  }
  for (size_t place = 0; place < this->count_; place++)
    this->rings_[place].open(this->storage_, this->cache_, shapes[place]);
}

Ring &Journals::sending() {
  while (this->count_ > 1 && this->rings_[0].unacknowledged() == 0)
    this->drop_oldest_();
  return this->rings_[0];
}

Ring *Journals::find(uint32_t journal) {
  for (size_t place = 0; place < this->count_; place++) {
    if (this->rings_[place].shape().journal == journal)
      return &this->rings_[place];
  }
  return nullptr;
}

bool Journals::fits(const PanelConfig &config) {
  RingShape shape{};
  uint32_t order = 0;
  if (this->empty() || !this->read_shape_(this->present().shape().area, shape, order) ||
      shape.registers != config.register_count)
    return false;
  ByteReader reader(this->cache_.data + SHAPE_SIZE, MAX_BLOCK - SHAPE_SIZE);
  char stored[MAX_REGISTER_NAME + 1];
  char own[MAX_REGISTER_NAME + 1];
  for (size_t index = 0; index < config.register_count; index++) {
    register_name(config, index, own);
    if (!this->next_name_(reader, stored) || std::strcmp(stored, own) != 0)
      return false;
  }
  return true;
}

bool Journals::begin(const PanelConfig &config, uint32_t journal) {
  if (!this->has_room())
    this->drop_oldest_();
  RingShape shape{};
  shape.journal = journal;
  shape.area = this->free_area_();
  shape.registers = static_cast<uint8_t>(config.register_count);
  const size_t most = MAX_BLOCK / record_size(shape.registers);
  shape.rows_per_block = config.rows_per_block;
  if (shape.rows_per_block < 1)
    shape.rows_per_block = 1;
  if (shape.rows_per_block > most)
    shape.rows_per_block = static_cast<uint8_t>(most);
  uint32_t blocks = config.capacity / shape.rows_per_block;
  if (blocks < 2)
    blocks = 2;
  shape.capacity = (blocks <= MAX_CAPACITY / shape.rows_per_block ? blocks : MAX_CAPACITY / shape.rows_per_block) *
                   shape.rows_per_block;

  const uint32_t order = this->empty() ? 1 : this->orders_[this->count_ - 1] + 1;
  this->cache_.key = 0;
  ByteWriter writer(this->cache_.data, MAX_BLOCK);
  writer.number(MAGIC);
  writer.number(order);
  writer.number(shape.journal);
  writer.number(shape.capacity);
  writer.number(shape.rows_per_block);
  writer.number(shape.registers);
  char name[MAX_REGISTER_NAME + 1];
  for (size_t index = 0; index < config.register_count; index++) {
    register_name(config, index, name);
    writer.text(name);
  }
  writer.checksum();
  const bool stored =
      writer.ok() && this->storage_.write(storage_key::JOURNAL + shape.area, this->cache_.data, writer.size());
  this->orders_[this->count_] = order;
  this->rings_[this->count_++].open(this->storage_, this->cache_, shape);
  return stored;
}

void Journals::write_registers(JsonWriter &json, const Ring &ring) {
  json.begin_array();
  RingShape shape{};
  uint32_t order = 0;
  if (this->read_shape_(ring.shape().area, shape, order) && shape.journal == ring.shape().journal) {
    ByteReader reader(this->cache_.data + SHAPE_SIZE, MAX_BLOCK - SHAPE_SIZE);
    char name[MAX_REGISTER_NAME + 1];
    for (size_t index = 0; index < shape.registers && this->next_name_(reader, name); index++)
      json.text(name);
  }
  json.end_array();
}

bool Journals::read_shape_(uint8_t area, RingShape &shape, uint32_t &order) {
  this->cache_.key = 0;
  const size_t held = this->storage_.read(storage_key::JOURNAL + area, this->cache_.data, MAX_BLOCK);
  ByteReader reader(this->cache_.data, held);
  if (reader.number<uint32_t>() != MAGIC)
    return false;
  order = reader.number<uint32_t>();
  shape.journal = reader.number<uint32_t>();
  shape.capacity = reader.number<uint32_t>();
  shape.rows_per_block = reader.number<uint8_t>();
  shape.registers = reader.number<uint8_t>();
  shape.area = area;
  if (!reader.ok() || !is_possible(shape))
    return false;
  char name[MAX_REGISTER_NAME + 1];
  for (size_t index = 0; index < shape.registers; index++) {
    if (!this->next_name_(reader, name))
      return false;
  }
  const size_t guarded = reader.place();
  return reader.number<uint32_t>() == crc32(this->cache_.data, guarded) && reader.ok();
}

bool Journals::next_name_(ByteReader &reader, char *name) const {
  return reader.text(name, MAX_REGISTER_NAME + 1) && is_register_name(name);
}

void Journals::drop_oldest_() {
  // First the description, so that a power cut in between leaves no journal with half of its rows.
  this->storage_.erase(storage_key::JOURNAL + this->rings_[0].shape().area);
  this->rings_[0].erase();
  for (size_t place = 1; place < this->count_; place++) {
    this->rings_[place - 1] = this->rings_[place];
    this->orders_[place - 1] = this->orders_[place];
  }
  this->count_--;
}

uint8_t Journals::free_area_() const {
  for (uint8_t area = 0; area < MAX_JOURNALS; area++) {
    bool used = false;
    for (size_t place = 0; place < this->count_; place++)
      used = used || this->rings_[place].shape().area == area;
    if (!used)
      return area;
  }
  return 0;
}

}  // namespace panel_meter
