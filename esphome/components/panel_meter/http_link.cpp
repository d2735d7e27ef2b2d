#include "http_link.h"

namespace panel_meter {

void HttpLink::step() {
  Board &board = events_->link_board();
  const Millis now = events_->link_now();
  if (const HttpAnswer *answer = poster_->answer())
    form_.answered(board, answer->status, answer->body, answer->size, answer->retry_after, now);
  form_.step(board, now);
  if (!form_.due(now))
    return;
  size_t length = 0;
  const size_t count = form_.begin(pieces_, length);
  if (!poster_->post(pieces_, count, length))
    form_.answered(board, 0, "", 0, 0, now);
}

}  // namespace panel_meter
