/// What a board says and what it does with what it hears.

#include "fakes.h"

#include "legacy.h"

#include <set>

using namespace panel_meter;
using test::Flash;
using test::Host;
using test::Life;
using test::UTC;

namespace {

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

/// A life with a clock and some rows, connected, with the first record in flight.
struct Talk : Life {
  explicit Talk(Flash &flash, int64_t seconds = 3600) : Life(test::config_of(4, 60, 128), flash) {
    this->board->set_clock(0, UTC);
    this->run(seconds);
    this->board->connected(this->now);
  }
  void ack(uint64_t seq, uint32_t journal = 0) {
    const std::string text = Host().ack(journal == 0 ? this->board->journal() : journal, seq);
    this->board->on_message("panel_meter/1/apt-101/ack", text.data(), text.size(), this->now);
  }
  /// Seconds until the next record comes, at most 400.
  int wait() {
    this->wire.clear();
    for (int seconds = 1; seconds <= 400; seconds++) {
      this->run(1);
      if (!this->wire.of("record").empty())
        return seconds;
    }
    return -1;
  }
  uint64_t first_row() {
    const auto found = this->wire.of("record");
    if (found.empty())
      return 0;
    const size_t place = found.back().find("\"records\":[[");
    return std::strtoull(found.back().c_str() + place + 12, nullptr, 10);
  }
};

}  // namespace

TEST(a_connection_begins_with_info_and_online) {
  Flash flash;
  Talk talk(flash);
  CHECK_EQUAL(talk.wire.topics.size(), 3);
  CHECK(talk.wire.topics[0] == "panel_meter/1/apt-101/ack" && talk.wire.topics[2] == "homeassistant/status");
  CHECK(talk.wire.sent[0].kind() == "info" && talk.wire.sent[0].qos == 1 && talk.wire.sent[0].retain);
  CHECK(talk.wire.sent[1].kind() == "status" && talk.wire.sent[1].payload == "online" && talk.wire.sent[1].retain);
  CHECK(talk.wire.sent[2].kind() == "record" && talk.wire.sent[2].qos == 1 && !talk.wire.sent[2].retain);
  char journal[16];
  std::snprintf(journal, sizeof(journal), "%08x", talk.board->journal());
  const std::string &info = talk.wire.sent[0].payload;
  CHECK(has(info, "\"protocol\":\"1.0\",\"id\":\"apt-101\",\"boot\":\"") && has(info, journal));
  CHECK(has(info, "\"interval\":60,\"live_interval\":5,\"capacity\":128,\"nominal_voltage\":230"));
  CHECK(has(info, "\"registers\":[\"main.import\",\"main.export\",\"c1.import\",\"c2.import\"]"));
  CHECK(has(info, "{\"id\":\"main\",\"name\":\"Mains\",\"role\":\"main\",\"phase\":\"L1\",\"rating\":63,\"poles\":2}"));
  CHECK(has(info, "\"role\":\"sub\",\"phase\":\"L1\",\"rating\":16.5,\"slot\":2,\"parent\":\"c1\"}"));
  talk.wire.clear();
  talk.board->shut_down(talk.now);
  CHECK(talk.wire.sent.size() == 1 && talk.wire.sent[0].payload == "offline" && talk.wire.sent[0].retain);
}

TEST(what_the_transport_refuses_is_said_later) {
  Flash flash;
  Talk talk(flash, 130);
  talk.board->disconnected(talk.now);
  talk.wire.refuses = true;
  talk.board->connected(talk.now);
  talk.run(10);
  talk.wire.clear();
  talk.wire.refuses = false;
  talk.run(2);
  CHECK(talk.wire.sent.size() >= 4 && talk.wire.sent[0].kind() == "info" && talk.wire.sent[1].payload == "online");
  CHECK(talk.wire.sent[2].kind() == "record" && talk.wire.sent[3].kind() == "live");
}

TEST(live_is_sent_in_its_rhythm_with_null_for_faults) {
  Flash flash;
  Talk talk(flash, 100);
  talk.counters.power = std::nanf("");
  talk.wire.clear();
  talk.run(50);
  const auto lives = talk.wire.of("live");
  CHECK_EQUAL(lives.size(), 10);
  CHECK(has(lives[0], "\"power\":[null,null,null],\"voltage\":[230],\"current\":[1.5,1.5,1.5],\"power_factor\":[1,1,1],"
                      "\"frequency\":50,\"temperature\":30,\"energy\":["));
  CHECK(talk.now / 1000 - talk.number_in("live", "uptime") <= 5);
  CHECK_EQUAL(talk.number_in("live", "time"), UTC / 1000 + talk.number_in("live", "uptime"));
  talk.counters.power = 1e9F;
  talk.wire.clear();
  talk.run(10);
  CHECK(has(talk.wire.of("live")[0], "\"power\":[null,"));
}

TEST(an_ack_must_move_the_watermark) {
  Flash flash;
  Talk talk(flash);
  CHECK_EQUAL(talk.first_row(), 1);
  talk.wire.clear();
  talk.ack(0);
  talk.ack(9999);
  talk.ack(5, 0x12345678);
  CHECK(talk.wire.of("record").empty());
  CHECK_EQUAL(talk.board->unacknowledged(), 60);
  talk.ack(3);
  CHECK_EQUAL(talk.wire.of("record").size(), 1);
  CHECK_EQUAL(talk.first_row(), 4);
  talk.wire.clear();
  talk.ack(3);
  CHECK(talk.wire.of("record").empty());
  talk.ack(1);
  CHECK_EQUAL(talk.first_row(), 2);
  talk.ack(talk.board->unacknowledged() + 1);
  CHECK_EQUAL(talk.board->unacknowledged(), 0);
}

TEST(broken_acks_change_nothing) {
  Flash flash;
  Talk talk(flash);
  talk.wire.clear();
  const std::string good = Host().ack(talk.board->journal(), 2);
  char journal[16];
  std::snprintf(journal, sizeof(journal), "%08x", talk.board->journal());
  const std::string j = journal;
  for (const std::string &text :
       {std::string(), std::string("{"), std::string("null"), std::string("[]"), good.substr(0, good.size() - 1),
        good + "x", "{\"host\":\"c0f0c0f0\",\"journal\":\"" + j + "\",\"seq\":\"2\"}",
        "{\"host\":\"c0f0c0f0\",\"journal\":\"" + j + "\",\"seq\":-1}",
        "{\"host\":\"c0f0c0f0\",\"journal\":\"" + j + "\",\"seq\":2.0}",
        "{\"host\":\"c0f0c0f0\",\"journal\":\"" + j + "\",\"seq\":true}",
        "{\"host\":\"c0f0c0f\",\"journal\":\"" + j + "\",\"seq\":2}", "{\"journal\":\"" + j + "\",\"seq\":2}",
        "{\"host\":7,\"journal\":\"" + j + "\",\"seq\":2}", std::string("{\"host\":\"c0f0c0f0\",\"seq\":2}"),
        "{\"host\":\"c0f0c0f0\",\"journal\":\"" + j + "\"}",
        "{\"host\":\"c0f0c0f0\",\"journal\":\"" + j + "\",\"seq\":2,\"x\":\"" + std::string(600, 'x') + "\"}"})
    talk.board->on_ack(text.data(), text.size(), talk.now);
  CHECK(talk.wire.of("record").empty());
  const std::string future = good.substr(0, good.size() - 1) + ",\"future\":{\"a\":[1]}}";
  talk.board->on_ack(future.data(), future.size(), talk.now);
  CHECK_EQUAL(talk.first_row(), 3);
}

TEST(a_row_that_rots_while_it_waits_is_a_gap) {
  Flash flash;
  Host host;
  Talk talk(flash);
  // Row 40 lies in the second place of its block.
  flash.blocks[storage_key::ring(0) + 19][record_size(4) + 40] ^= 1;
  talk.serve(host);
  talk.run(60, &host);
  CHECK_EQUAL(host.gaps, 1);
  const auto &rows = host.journals.at(talk.board->journal());
  CHECK_EQUAL(rows.size(), 60);
  CHECK(rows.count(39) == 1 && rows.count(40) == 0 && rows.count(61) == 1);
  CHECK_EQUAL(talk.board->unacknowledged(), 0);
}

TEST(the_timeout_is_30_s_and_doubles_to_300_s) {
  Flash flash;
  Talk talk(flash);
  for (const int seconds : {30, 60, 120, 240, 300, 300})
    CHECK_EQUAL(talk.wait(), seconds);
  // A reconnection expires the timer once, and goes on doubling.
  talk.run(10);
  talk.wire.clear();
  talk.board->disconnected(talk.now);
  talk.board->connected(talk.now);
  CHECK_EQUAL(talk.wire.of("record").size(), 1);
  CHECK_EQUAL(talk.wait(), 300);
  talk.board->on_message("homeassistant/status", "online", 6, talk.now);
  const int early = talk.wait();
  CHECK(early >= 1 && early <= 11);
  CHECK_EQUAL(talk.wait(), 300);
  talk.board->on_message("homeassistant/status", "offline", 7, talk.now);
  CHECK_EQUAL(talk.wait(), 300);
  // An ack that moves the watermark begins anew.
  talk.ack(1);
  CHECK_EQUAL(talk.wait(), 30);
}

TEST(commands_are_carried_out_once_and_remembered) {
  Flash flash;
  Talk talk(flash);
  CHECK(has(talk.command("\"op\":\"identify\"", "one"), "{\"id\":\"one\",\"ok\":true}"));
  CHECK(has(talk.command("\"op\":\"identify\"", "one"), "{\"id\":\"one\",\"ok\":true}"));
  CHECK_EQUAL(talk.counters.identified, 1);
  for (int count = 0; count < 7; count++)
    talk.command("\"op\":\"zero\",\"channel\":\"c1\"");
  talk.command("\"op\":\"identify\"", "one");
  CHECK_EQUAL(talk.counters.identified, 1);
  talk.command("\"op\":\"zero\",\"channel\":\"c1\"");
  talk.command("\"op\":\"identify\"", "one");
  CHECK_EQUAL(talk.counters.identified, 2);
  talk.wire.clear();
  const std::string foreign = "{\"id\":\"x\",\"boot\":\"00000000\",\"op\":\"identify\"}";
  talk.board->on_command(foreign.data(), foreign.size(), talk.now);
  CHECK(talk.wire.of("response")[0] == "{\"id\":\"x\",\"ok\":false,\"error\":\"boot\"}");
  CHECK_EQUAL(talk.counters.identified, 2);
  talk.wire.clear();
  for (const char *text : {"{\"boot\":\"00000000\",\"op\":\"identify\"}", "{\"id\":\"\",\"boot\":\"0\",\"op\":\"x\"}",
                           "{\"id\":1,\"boot\":\"0\",\"op\":\"x\"}", "{\"id\":\"y\",\"boot\":\"00000000\"}", "[]", "{}"})
    talk.board->on_command(text, std::strlen(text), talk.now);
  CHECK(talk.wire.of("response").empty());
}

TEST(commands_keep_their_bounds) {
  Flash flash;
  Talk talk(flash);
  const struct {
    const char *command;
    const char *error;
  } cases[] = {
      {"\"op\":\"make_coffee\"", "op"},
      {"\"op\":\"set_interval\",\"interval\":59", "range"},
      {"\"op\":\"set_interval\",\"interval\":420", "range"},
      {"\"op\":\"set_interval\",\"interval\":\"60\"", "range"},
      {"\"op\":\"set_live_interval\",\"live_interval\":61", "range"},
      {"\"op\":\"set_live_interval\",\"live_interval\":1.5", "range"},
      {"\"op\":\"calibrate\",\"channel\":\"nobody\",\"gain\":1", "channel"},
      {"\"op\":\"calibrate\",\"channel\":7,\"gain\":1", "channel"},
      {"\"op\":\"calibrate\",\"channel\":\"c1\",\"gain\":0.4999", "range"},
      {"\"op\":\"calibrate\",\"channel\":\"c1\",\"gain\":2.0001", "range"},
      {"\"op\":\"calibrate\",\"channel\":\"c1\"", "range"},
      {"\"op\":\"calibrate\",\"channel\":\"c1\",\"reference\":-1", "range"},
      {"\"op\":\"phase\",\"channel\":\"c1\",\"phase\":15.1", "range"},
      {"\"op\":\"set_name\",\"name\":\"\"", "range"},
      {"\"op\":\"set_name\",\"name\":\"0123456789012345678901234567890123456789012345678901234567890123x\"", "range"},
      {"\"op\":\"set_name\",\"name\":\"a\\u0000b\"", "range"},
      {"\"op\":\"set_time\",\"uptime\":3590,\"time\":1795204936", "uptime"},
      {"\"op\":\"set_time\",\"uptime\":3601,\"time\":1795204936", "uptime"},
      {"\"op\":\"set_time\",\"uptime\":3600,\"time\":0", "range"},
      {"\"op\":\"resend\",\"journal\":\"00000000\",\"seq\":1", "journal"},
      {"\"op\":\"resend\",\"seq\":0", "range"},
  };
  for (const auto &each : cases)
    CHECK(has(talk.command(each.command), std::string("\"ok\":false,\"error\":\"") + each.error + "\""));
  talk.wire.clear();
  CHECK(has(talk.command("\"op\":\"calibrate\",\"channel\":\"c1\",\"gain\":1.0123"), "\"ok\":true"));
  CHECK(talk.counters.gain == 1.0123 && talk.counters.channel == 1);
  CHECK(has(talk.command("\"op\":\"set_interval\",\"interval\":900"), "\"ok\":true"));
  CHECK_EQUAL(talk.number_in("info", "interval"), 900);
  CHECK(has(talk.command("\"op\":\"set_live_interval\",\"value\":9"), "\"ok\":true"));
  CHECK(has(talk.command("\"op\":\"set_name\",\"channel\":\"c2\",\"name\":\"K\xC3\xBC" "che \\\"1\\\"\""), "\"ok\":true"));
  CHECK(has(talk.wire.of("info")[0], "\"name\":\"K\xC3\xBC" "che \\\"1\\\"\""));
  // They survive a restart.
  Life again(test::config_of(4, 60, 128), flash, 5);
  again.board->connected(0);
  CHECK_EQUAL(again.number_in("info", "interval"), 900);
  CHECK_EQUAL(again.number_in("info", "live_interval"), 9);
  CHECK(has(again.wire.of("info")[0], "K\xC3\xBC" "che"));
}

TEST(the_clock_of_the_host_is_taken_when_it_is_fresh) {
  Flash flash;
  Life life(test::config_of(2), flash);
  life.board->connected(0);
  life.run(100);
  CHECK_EQUAL(life.number_in("live", "time"), 0);
  CHECK(has(life.command("\"op\":\"set_time\",\"uptime\":94,\"time\":1795204936"), "uptime"));
  CHECK_EQUAL(life.board->time(life.now), 0);
  CHECK(has(life.command("\"op\":\"set_time\",\"uptime\":95,\"time\":1795204936"), "true"));
  CHECK_EQUAL(life.board->time(life.now), 1795204936);
}

TEST(resend_goes_back_and_only_so_far) {
  Flash flash;
  Talk talk(flash);
  talk.ack(talk.board->unacknowledged());
  char journal[16];
  std::snprintf(journal, sizeof(journal), "%08x", talk.board->journal());
  const std::string head = std::string("\"op\":\"resend\",\"journal\":\"") + journal + "\",\"seq\":";
  CHECK(has(talk.command(head + "7"), "true"));
  CHECK_EQUAL(talk.first_row(), 7);
  CHECK(has(talk.command(head + "62"), "range"));
  talk.run(6000);
  talk.ack(160);
  CHECK(has(talk.command(head + "1"), "true"));
  CHECK_EQUAL(talk.first_row(), static_cast<uint64_t>(talk.number_in("record", "oldest")));
  CHECK_EQUAL(talk.number_in("record", "oldest"), 160 - 128 + 1);
}

TEST(a_waveform_comes_in_numbered_parts) {
  Flash flash;
  Talk talk(flash, 100);
  for (const std::string &id : {std::string("w"), std::string(64, 'w'), std::string(60, '"')}) {
    const std::string escaped = id[0] == '"' ? "q\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001" : id;
    CHECK(talk.command("\"op\":\"waveform\",\"channel\":\"c1\"", escaped) != "");
    talk.run(200);
    const auto parts = talk.wire.of("response");
    CHECK(has(parts[0], "\"ok\":true,\"part\":1,\"parts\":" + std::to_string(parts.size()) + ",\"samples\":["));
    size_t samples = 0;
    for (size_t part = 0; part < parts.size(); part++) {
      CHECK(parts[part].size() <= MAX_RESPONSE && has(parts[part], "\"part\":" + std::to_string(part + 1) + ","));
      JsonCursor cursor(member(parse_json(parts[part].data(), parts[part].size()), "samples"));
      for (JsonValue value; cursor.next(value);)
        samples++;
    }
    CHECK_EQUAL(samples, 320);
  }
  CHECK(has(talk.command("\"op\":\"waveform\",\"channel\":\"nobody\""), "channel"));
}

TEST(the_largest_panel_stays_within_its_limits) {
  static char names[MAX_CHANNELS][MAX_NAME + 1];
  static char ids[MAX_CHANNELS][MAX_CHANNEL_ID + 1];
  ChannelInfo channels[MAX_CHANNELS];
  RegisterInfo registers[MAX_REGISTERS];
  for (size_t index = 0; index < MAX_CHANNELS; index++) {
    std::memset(names[index], '"', MAX_NAME);
    std::snprintf(ids[index], sizeof(ids[index]), "channel_no_%05zu", index);
    channels[index] = {ids[index], names[index], Role::SUB, Phase::L123, 10'000, 255, 255, ids[(index + 1) % MAX_CHANNELS]};
    registers[2 * index] = {static_cast<uint8_t>(index), Direction::IMPORT};
    registers[2 * index + 1] = {static_cast<uint8_t>(index), Direction::EXPORT};
  }
  PanelConfig config = test::config_of(1, 60, 6, 9);
  config.channels = channels;
  config.channel_count = MAX_CHANNELS;
  config.registers = registers;
  config.register_count = MAX_REGISTERS;
  CHECK(problem_of(config) == nullptr);
  Flash flash;
  Host host;
  Life life(config, flash);
  life.counters.power = -987'654.3F;
  life.board->set_clock(0, UTC);
  life.run(400);
  life.board->connected(life.now);
  life.run(5);
  for (const test::Message &message : life.wire.sent) {
    const size_t most = message.kind() == "info" ? MAX_INFO : message.kind() == "live" ? MAX_LIVE : 2000;
    CHECK(message.payload.size() <= most && (message.kind() == "status" || !parse_json(message.payload.data(), message.payload.size()).missing()));
  }
  CHECK(!life.wire.of("info").empty() && !life.wire.of("live").empty() && !life.wire.of("record").empty());
  life.run(300, &host);
  host.check();
  // The names of the channels are left out, as with them info would be too long; the registers are there.
  life.wire.clear();
  CHECK(has(life.command("\"op\":\"set_name\",\"name\":\"Cellar\""), "\"ok\":true"));
  CHECK(has(life.wire.of("info")[0], "\"name\":\"Cellar\"") && !has(life.wire.of("info")[0], "\\\""));
  CHECK(has(life.wire.of("info")[0], "\"channel_no_00031.export\"]"));
}

TEST(a_wrong_configuration_is_explained) {
  const PanelConfig good = test::config_of(4);
  CHECK(problem_of(good) == nullptr);
  const auto wrong = [&](auto change) {
    PanelConfig config = good;
    change(config);
    return problem_of(config) != nullptr;
  };
  for (const char *id : {"", "-a", "A", "a_b", "a/b", "a+", "012345678901234567890123456789012"})
    CHECK(wrong([&](PanelConfig &config) { config.id = id; }));
  for (const char *base : {"", "a/#", "+"})
    CHECK(wrong([&](PanelConfig &config) { config.base = base; }));
  CHECK(wrong([](PanelConfig &config) { config.interval = 59; }));
  CHECK(wrong([](PanelConfig &config) { config.live_interval = 0; }));
  CHECK(wrong([](PanelConfig &config) { config.capacity = 1; }));
  CHECK(wrong([](PanelConfig &config) { config.channel_count = 0; }));
  CHECK(wrong([](PanelConfig &config) { config.channel_count = 1; }));
  CHECK(wrong([](PanelConfig &config) { config.register_count = 65; }));
  const RegisterInfo twice[] = {{0, Direction::IMPORT}, {0, Direction::IMPORT}};
  CHECK(wrong([&](PanelConfig &config) { config.registers = twice, config.register_count = 2; }));
  ChannelInfo channels[] = {test::CHANNELS[0], test::CHANNELS[1], test::CHANNELS[2]};
  const auto wrong_channel = [&](auto change) {
    channels[1] = test::CHANNELS[1];
    change(channels[1]);
    return wrong([&](PanelConfig &config) { config.channels = channels; });
  };
  CHECK(!wrong_channel([](ChannelInfo &) {}));
  CHECK(wrong_channel([](ChannelInfo &channel) { channel.id = "main"; }));
  CHECK(wrong_channel([](ChannelInfo &channel) { channel.id = "C"; }));
  CHECK(wrong_channel([](ChannelInfo &channel) { channel.role = Role::SUB; }));
  CHECK(wrong_channel([](ChannelInfo &channel) { channel.parent = "c1"; }));
  CHECK(wrong_channel([](ChannelInfo &channel) { channel.rating = -1; }));
}

TEST(older_formats_are_published_in_their_rhythm) {
  const LegacyConfig config = {"PANEL_LANTAI_1", "101", "1", 0, 0};
  test::Wire wire;
  LegacyPublisher publisher(config, wire);
  LiveValues values{};
  values.power[0] = 1523.4F;
  values.current[0] = 6.62F;
  values.voltage[0] = 231.2F;
  values.phase_count = 1;
  const uint64_t energies[] = {12'345'678'901};
  for (Millis now = 0; now < 120'000; now += 500)
    publisher.step(now, values, energies);
  CHECK_EQUAL(wire.of("PANEL_LANTAI_1").size(), 2);
  CHECK(wire.of("PANEL_LANTAI_1")[0] == "{\"power_kw\":1.5234,\"energy_kwh\":12345.678901}");
  CHECK_EQUAL(wire.of("101").size(), 60);
  CHECK(wire.of("101")[0] == "{\"voltage\":231.2,\"current\":6.62,\"power\":1523.4,\"apartment\":\"101\",\"floor\":\"1\"}");
  CHECK(wire.sent[0].topic == "DATA/PM/PANEL_LANTAI_1" && wire.sent[1].topic == "electricity/building/floor/101");
  CHECK(!wire.sent[0].retain);
  wire.clear();
  values.power[0] = std::nanf("");
  publisher.step(500'000, values, energies);
  CHECK(wire.sent.empty());
}
