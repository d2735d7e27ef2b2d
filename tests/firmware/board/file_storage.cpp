#include "file_storage.h"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace board {

std::string FileStorage::path_(uint32_t key) const {
  char name[16];
  std::snprintf(name, sizeof(name), "/%08x", static_cast<unsigned>(key));
  return this->folder_ + name;
}

size_t FileStorage::read(uint32_t key, uint8_t *data, size_t capacity) {
  const int file = ::open(this->path_(key).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  uint8_t head[4]{};
  size_t size = 0;
  if (::pread(file, head, 4, 0) == 4)
    size = head[0] | (static_cast<size_t>(head[1]) << 8) | (static_cast<size_t>(head[2]) << 16);
  if (size > capacity || ::pread(file, data, size, 4) != static_cast<ssize_t>(size))
    size = 0;
  ::close(file);
  return size;
}

bool FileStorage::write(uint32_t key, const uint8_t *data, size_t size) {
  std::vector<uint8_t> content = {static_cast<uint8_t>(size & 0xFF), static_cast<uint8_t>(size >> 8 & 0xFF),
                                  static_cast<uint8_t>(size >> 16 & 0xFF), 0};
  content.insert(content.end(), data, data + size);
  const int file = ::open(this->path_(key).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0)
    return false;
  size_t whole = content.size();
  const bool dies = this->die_after >= 0 && static_cast<size_t>(this->die_after) < whole;
  if (dies)
    whole = static_cast<size_t>(this->die_after);
  const bool written = ::pwrite(file, content.data(), whole, 0) == static_cast<ssize_t>(whole);
  if (dies)
    ::raise(SIGKILL);
  if (this->die_after >= 0)
    this->die_after -= static_cast<long>(whole);
  ::close(file);
  return written;
}

void FileStorage::erase(uint32_t key) { ::unlink(this->path_(key).c_str()); }

}  // namespace board
