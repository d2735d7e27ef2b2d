/// The same contract over HTTP: what is posted, and what the answers do.

#include "fakes.h"

using namespace panel_meter;
using test::Counters;
using test::Flash;
using test::Host;
using test::UTC;

namespace {

/// A board that posts to a host which answers as it is told.
struct Post {
  explicit Post(Flash &flash, bool clock = true) : counters(2) {
    this->board = std::make_unique<Board>(this->config, flash, *this->form, this->counters);
    this->board->begin(0);
    if (clock)
      this->board->set_clock(0, UTC);
  }

  void pass(int64_t seconds) {
    for (const Millis end = this->now + seconds * 1000; this->now < end;) {
      this->now += 1000;
      this->counters.now = this->now;
      this->form->step(*this->board, this->now);
    }
  }

  /// The body of the next post, or of the one that waits for its answer; empty if none is due in `patience` seconds.
  std::string body(int patience = 10) {
    if (!this->flying.empty())
      return this->flying;
    while (!this->form->due(this->now)) {
      if (patience-- == 0)
        return "";
      this->pass(1);
    }
    Piece pieces[HttpForm::MAX_PIECES];
    size_t length = 0;
    const size_t count = this->form->begin(pieces, length);
    std::string text;
    for (size_t index = 0; index < count; index++)
      text.append(pieces[index].data, pieces[index].size);
    CHECK_EQUAL(text.size(), length);
    CHECK(!this->form->due(this->now));
    // While it is on its way, time passes, and nothing of it changes.
    this->pass(20);
    std::string later;
    for (size_t index = 0; index < count; index++)
      later.append(pieces[index].data, pieces[index].size);
    CHECK(later == text);
    this->flying = text;
    return text;
  }

  void answer(int status, const std::string &text = "{}", uint32_t retry_after = 0) {
    this->flying.clear();
    this->form->answered(*this->board, status, text.data(), text.size(), retry_after, this->now);
  }

  /// Post and answer like a host, until everything is acknowledged; the number of posts.
  int deliver() {
    int posts = 0;
    do {
      const std::string text = this->body();
      const JsonValue record = part(text, "record");
      std::string said = "{\"commands\":[]";
      if (!record.missing())
        said += ",\"ack\":" + this->host.take(std::string(record.data(), record.size()));
      this->answer(200, said + "}");
      CHECK(++posts < 200);
    } while (this->board->unacknowledged() > 0);
    return posts;
  }

  static JsonValue part(const std::string &text, const char *key) {
    const JsonValue value = parse_json(text.data(), text.size());
    CHECK(value.type() == JsonType::OBJECT);
    return member(value, key);
  }

  PanelConfig config = test::config_of(2, 60, 128);
  std::unique_ptr<HttpForm> form = std::make_unique<HttpForm>();
  Counters counters;
  Host host;
  std::unique_ptr<Board> board;
  std::string flying;
  Millis now{0};
};

}  // namespace

TEST(http_carries_info_live_and_records) {
  Flash flash;
  Post post(flash);
  post.pass(1000);
  const std::string first = post.body();
  for (const char *key : {"info", "live", "record"})
    CHECK(Post::part(first, key).type() == JsonType::OBJECT);
  CHECK(Post::part(first, "response").missing());
  post.deliver();
  post.pass(300);
  post.deliver();
  const auto &rows = post.host.journals.at(post.board->journal());
  CHECK_EQUAL(rows.size(), (UTC / 1000 + post.now / 1000) / 60 - UTC / 1000 / 60);
  CHECK_EQUAL(post.host.gaps, 0);
  post.host.check();
  // Info is said once, live in its rhythm.
  CHECK(Post::part(post.body(), "info").missing());
}

TEST(http_answers_bring_time_and_commands) {
  Flash flash;
  Post post(flash, false);
  post.body();
  char boot[16];
  std::snprintf(boot, sizeof(boot), "%08x", post.board->boot());
  const std::string head = std::string(",\"boot\":\"") + boot + "\",\"op\":\"identify\"}";
  post.answer(200, "{\"time\":1795204936,\"commands\":[{\"id\":\"a\"" + head + ",{\"id\":\"b\"" + head + "]}");
  CHECK_EQUAL(post.board->time(post.now), 1795204936);
  CHECK_EQUAL(post.counters.identified, 2);
  std::string text = post.body();
  CHECK(text.find("\"response\":{\"id\":\"a\",\"ok\":true}") != std::string::npos);
  // There was no room for the second answer: the host asks again, and nothing is done twice.
  post.answer(200, "{\"time\":5,\"commands\":[{\"id\":\"b\"" + head + "]}");
  text = post.body();
  CHECK(text.find("\"response\":{\"id\":\"b\",\"ok\":true}") != std::string::npos);
  CHECK_EQUAL(post.counters.identified, 2);
  CHECK(post.board->time(post.now) > 1795204000);
  for (const char *broken : {"", "{", "[]", "{\"ack\":7,\"commands\":{},\"time\":-1}", "{\"commands\":[7,[],null]}"}) {
    post.answer(200, broken);
    CHECK(!post.body().empty());
  }
}

TEST(http_stops_when_the_token_is_refused) {
  Flash flash;
  Post post(flash);
  post.pass(100);
  post.body();
  post.answer(401);
  CHECK(post.form->stopped() && post.body(1000).empty());
}

TEST(http_halves_what_is_too_large_and_recovers) {
  Flash flash;
  Post post(flash);
  post.pass(3000);
  size_t size = post.body().size();
  for (int count = 0; count < 3; count++) {
    post.answer(413);
    const std::string text = post.body();
    CHECK(!Post::part(text, "info").missing() && text.size() < size);
    size = text.size();
  }
  CHECK(post.deliver() < 20);
  CHECK(post.host.journals.at(post.board->journal()).size() >= 50);
}

TEST(http_waits_as_it_is_told_and_backs_off) {
  Flash flash;
  Post post(flash);
  post.pass(100);
  post.body();
  post.answer(429, "", 77);
  CHECK(post.body(75).empty() && !post.body(3).empty());
  const int pauses[] = {5, 10, 20, 40, 80, 160, 300, 300};
  for (const int pause : pauses) {
    post.answer(pause % 20 == 0 ? 503 : 0);
    CHECK(post.body(pause - 2).empty());
    CHECK(!Post::part(post.body(3), "record").missing());
  }
  post.deliver();
  post.body();
  post.answer(500);
  CHECK(post.body(3).empty() && !post.body(3).empty());
}
