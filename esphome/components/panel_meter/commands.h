/// The commands that a board takes (B6, B7).
#pragma once

#include "json_reader.h"
#include "transport.h"

namespace panel_meter {

class Board;

/// Takes commands, carries each one out once, and answers every one.
class CommandDesk {
 public:
  CommandDesk(Board &board, Instrument &instrument) : board_(board), instrument_(instrument) {}

  /// After a boot: nothing is remembered.
  void reset();
  /// A payload of the topic `command`; one without id, boot and op is no command.
  void on_command(const char *payload, size_t size, Millis now);
  /// Whether parts of a waveform are still to be sent.
  bool busy() const { return this->part_ <= this->parts_; }
  /// Send the next part of a waveform.
  void step();

 private:
  static constexpr size_t REMEMBERED = 8;
  static constexpr size_t MAX_COMMAND_ID = 64;
  static constexpr size_t MAX_SAMPLES = 320;

  /// An answer, to be given again if the command comes again.
  struct Answer {
    char id[MAX_COMMAND_ID + 1];
    Refusal refusal;
    bool waveform;
  };

  const Answer *remembered_(const char *id) const;
  Refusal carry_out_(const char *op, const JsonValue &command, Millis now);
  Refusal measuring_(const char *op, const JsonValue &command);
  Refusal set_name_(const JsonValue &command);
  Refusal waveform_(size_t channel);
  bool channel_of_(const JsonValue &command, size_t &channel) const;
  void answer_(const Answer &answer);
  size_t samples_per_part_() const;

  Board &board_;
  Instrument &instrument_;
  Answer answers_[REMEMBERED]{};
  size_t next_{0};
  char waveform_id_[MAX_COMMAND_ID + 1]{};
  float samples_[MAX_SAMPLES]{};
  size_t sample_count_{0};
  /// Parts are counted from 1.
  size_t part_{1};
  size_t parts_{0};
};

}  // namespace panel_meter
