/// Blocks as files, and a way to die in the middle of a write.
#pragma once

#include "storage.h"

#include <string>

namespace board {

/// Each block is a file: its size in four bytes, and the block. What the kernel has taken survives a killed process.
class FileStorage final : public panel_meter::Storage {
 public:
  explicit FileStorage(std::string folder) : folder_(std::move(folder)) {}

  size_t read(uint32_t key, uint8_t *data, size_t capacity) override;
  bool write(uint32_t key, const uint8_t *data, size_t size) override;
  void erase(uint32_t key) override;

  /// The process kills itself after so many more bytes; negative: never.
  long die_after{-1};

 private:
  std::string path_(uint32_t key) const;

  std::string folder_;
};

}  // namespace board
