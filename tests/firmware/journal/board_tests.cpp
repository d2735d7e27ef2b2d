/// The state machine: what a board records, keeps and counts.

#include "fakes.h"

#include <algorithm>

using namespace panel_meter;
using test::Counters;
using test::Flash;
using test::Host;
using test::Life;
using test::Row;
using test::Torn;
using test::UTC;

namespace {

/// Every row is the register at its end, and nothing is missing between the first row, the last row and now.
void check_identity(Life &life, const Host &host) {
  host.check();
  const auto &rows = host.journals.at(life.board->journal());
  CHECK(!rows.empty());
  for (size_t index = 0; index < life.config.register_count; index++) {
    uint64_t sum = rows.begin()->second.energies[index];
    for (auto row = std::next(rows.begin()); row != rows.end(); ++row)
      sum += row->second.energies[index] - std::prev(row)->second.energies[index];
    CHECK_EQUAL(sum, rows.rbegin()->second.energies[index]);
    CHECK(life.board->energies()[index] >= sum);
  }
}

}  // namespace

TEST(records_and_registers_are_the_same_integers) {
  Flash flash;
  Host host;
  Life life(test::config_of(4), flash);
  life.board->set_clock(0, UTC);
  life.board->connected(0);
  life.run(3 * 3600 + 283, &host);
  check_identity(life, host);
  const auto &rows = host.journals.at(life.board->journal());
  CHECK_EQUAL(rows.size(), 37);
  CHECK_EQUAL(rows.begin()->first, 1);
  // The boot was 17 s into an interval: the first row is short, and all others are whole.
  for (const auto &[seq, row] : rows) {
    CHECK_EQUAL(row.end, UTC / 1000 - 17 + 300 * static_cast<int64_t>(seq));
    CHECK_EQUAL(row.duration, seq == 1 ? 283 : 300);
    CHECK_EQUAL(row.flags, seq == 1 ? FLAG_PARTIAL : 0);
    for (size_t index = 0; index < 4; index++)
      CHECK_EQUAL(row.energies[index], Counters::rate(index) * static_cast<uint64_t>(row.end - UTC / 1000));
  }
  // The last second ended an interval.
  for (size_t index = 0; index < 4; index++)
    CHECK_EQUAL(life.board->energies()[index], rows.rbegin()->second.energies[index]);
  CHECK_EQUAL(life.board->unacknowledged(), 0);
}

TEST(a_power_cut_at_every_byte_costs_a_minute_at_most) {
  // How much a board writes in ten minutes; then the same life again and again, cut at each of these bytes.
  const auto config = test::config_of(2, 60, 6, 2);
  size_t written = 0;
  {
    Flash flash;
    Host host;
    Life life(config, flash);
    life.board->set_clock(0, UTC);
    life.board->connected(0);
    life.run(600, &host);
    written = flash.written;
  }
  CHECK(written > 1000);
  size_t tried = 0;
  for (const Torn torn : {Torn::PREFIX, Torn::SUFFIX, Torn::SCATTER}) {
    for (size_t cut = 0; cut < written; cut += torn == Torn::PREFIX ? 1 : 5, tried++) {
      Flash flash;
      Host host;
      flash.torn = torn;
      flash.budget = static_cast<long>(cut);
      auto first = std::make_unique<Life>(config, flash, 1);
      const uint32_t journal = first->board->journal();
      if (!flash.dead) {
        first->board->set_clock(0, UTC);
        first->board->connected(0);
        first->run(600, &host, &flash);
      }
      CHECK(flash.dead);
      const Millis died = first->now;
      flash.revive();
      Life second(config, flash, 2);
      if (second.board->journal() != journal) {
        // Then not even the journal had been begun, and nobody had heard of it.
        CHECK(host.journals.empty() && died <= 60'000);
        continue;
      }
      for (size_t index = 0; index < 2; index++) {
        const uint64_t counted = first->board->energies()[index];
        const uint64_t kept = second.board->energies()[index];
        CHECK(kept <= counted && counted - kept <= Counters::rate(index) * 60);
      }
      const std::vector<uint64_t> kept(second.board->energies(), second.board->energies() + 2);
      second.board->set_clock(0, UTC + died + 5000);
      second.board->connected(0);
      second.run(180, &host);
      check_identity(second, host);
      CHECK(host.gaps == 0);
      CHECK(second.board->checkpoint(second.now));
      for (size_t index = 0; index < 2; index++)
        CHECK_EQUAL(second.board->energies()[index], kept[index] + Counters::rate(index) * 180);
      // The row after the boot tells of it, and covers the time since the row before.
      const auto &rows = host.journals.at(journal);
      const auto marked = std::find_if(rows.begin(), rows.end(), [](const auto &each) {
        return (each.second.flags & FLAG_REBOOT) != 0;
      });
      CHECK(marked != rows.end() && marked->second.end > (UTC + died) / 1000);
      if (marked != rows.begin())
        CHECK_EQUAL(marked->second.duration, marked->second.end - std::prev(marked)->second.end);
    }
  }
  std::printf("%zu power cuts, ", tried);
}

TEST(without_a_clock_nothing_is_recorded_until_it_comes) {
  Flash flash;
  Host host;
  Life life(test::config_of(2), flash);
  life.board->connected(0);
  life.run(1000, &host);
  CHECK(host.journals.empty() && life.board->time(life.now) == 0);
  life.board->set_clock(life.now, UTC);
  life.run(400, &host);
  const auto &rows = host.journals.at(life.board->journal());
  const int64_t begun = UTC / 1000 - 1000;
  CHECK_EQUAL(rows.at(1).end, begun + 300);
  CHECK_EQUAL(rows.at(3).end, begun + 900);
  CHECK_EQUAL(rows.at(3).energies[1], Counters::rate(1) * 900);
  CHECK_EQUAL(rows.at(4).end, UTC / 1000 - 17 + 300);
  CHECK_EQUAL(rows.at(4).duration, rows.at(4).end - rows.at(3).end);
  CHECK((rows.at(4).flags & FLAG_PARTIAL) != 0);
  check_identity(life, host);
}

TEST(many_intervals_without_a_clock_merge) {
  for (const size_t registers : {size_t{2}, size_t{4}}) {
    Flash flash;
    Host host;
    Life life(test::config_of(registers, 60, 256), flash);
    life.board->connected(0);
    life.run(60 * 100, &host);
    life.board->set_clock(life.now, UTC);
    life.run(60, &host);
    const auto &rows = host.journals.at(life.board->journal());
    CHECK_EQUAL(rows.size(), 65);
    CHECK_EQUAL(rows.at(1).duration, 37 * 60);
    CHECK_EQUAL(rows.at(1).energies[0], Counters::rate(0) * 37 * 60);
    CHECK_EQUAL(rows.at(64).energies[1], Counters::rate(1) * 6000);
    check_identity(life, host);
  }
}

TEST(without_a_clock_a_power_cut_merges_into_the_next_record) {
  Flash flash;
  Host host;
  Life first(test::config_of(2), flash);
  first.board->set_clock(0, UTC);
  first.board->connected(0);
  first.run(290, &host);
  Life second(test::config_of(2), flash, 2);
  second.board->connected(0);
  second.run(1000, &host);
  Life third(test::config_of(2), flash, 3);
  third.board->connected(0);
  third.board->set_clock(0, UTC + 1'300'000);
  third.run(300, &host);
  const auto &rows = host.journals.at(third.board->journal());
  CHECK_EQUAL(rows.size(), 2);
  CHECK((rows.at(2).flags & (FLAG_REBOOT | FLAG_PARTIAL)) == (FLAG_REBOOT | FLAG_PARTIAL));
  CHECK_EQUAL(rows.at(2).duration, rows.at(2).end - rows.at(1).end);
  CHECK(rows.at(2).energies[0] - rows.at(1).energies[0] >= Counters::rate(0) * (1000 - 60));
  check_identity(third, host);
}

TEST(a_clock_that_steps_closes_the_interval) {
  for (const Millis step : {Millis{-3'000'000}, Millis{-4000}, Millis{4000}, Millis{86'400'000}}) {
    Flash flash;
    Host host;
    Life life(test::config_of(2), flash);
    life.board->set_clock(0, UTC);
    life.board->connected(0);
    life.run(400, &host);
    life.board->set_clock(life.now, UTC + life.now + step);
    life.run(700, &host);
    const auto &rows = host.journals.at(life.board->journal());
    CHECK_EQUAL(rows.at(2).end, (UTC + 400'000 + step) / 1000);
    CHECK((rows.at(2).flags & FLAG_CLOCK_STEP) != 0);
    CHECK_EQUAL(rows.at(2).duration, 117);
    CHECK_EQUAL(rows.at(2).energies[0], Counters::rate(0) * 400);
    CHECK(rows.at(3).end > rows.at(2).end && rows.at(3).end % 300 == 0);
    check_identity(life, host);
  }
}

TEST(a_clock_that_is_put_right_by_a_little_records_nothing_twice) {
  for (int by = -3; by <= 3; by++) {
    for (int at = 280; at < 290; at++) {
      Flash flash;
      Host host;
      Life life(test::config_of(2), flash);
      life.board->set_clock(0, UTC);
      life.board->connected(0);
      life.run(at, &host);
      life.board->set_clock(life.now, UTC + life.now + by * 1000);
      life.run(610 - at, &host);
      const auto &rows = host.journals.at(life.board->journal());
      CHECK_EQUAL(rows.size(), 2);
      CHECK_EQUAL(rows.at(2).end - rows.at(1).end, 300);
      CHECK_EQUAL(rows.at(2).flags, 0);
      check_identity(life, host);
    }
  }
}

TEST(a_clock_that_comes_a_little_early_ends_no_interval_twice) {
  for (const Millis early : {Millis{1000}, Millis{3000}}) {
    Flash flash;
    Host host;
    Life first(test::config_of(2), flash);
    first.board->set_clock(0, UTC);
    first.run(283);
    Life second(test::config_of(2), flash, 2);
    second.board->set_clock(0, UTC + 283'000 - early);
    second.board->connected(0);
    second.run(304, &host);
    const auto &rows = host.journals.at(second.board->journal());
    CHECK_EQUAL(rows.size(), 2);
    CHECK_EQUAL(rows.at(2).end - rows.at(1).end, 300);
    CHECK_EQUAL(rows.at(2).flags, FLAG_REBOOT);
  }
}

TEST(a_board_that_was_held_up_records_one_long_interval) {
  Flash flash;
  Host host;
  Life life(test::config_of(2), flash);
  life.board->set_clock(0, UTC);
  life.board->connected(0);
  life.run(300, &host);
  life.now += 1'000'000;
  life.counters.now = life.now;
  life.run(1, &host);
  const auto &rows = host.journals.at(life.board->journal());
  CHECK_EQUAL(rows.size(), 2);
  CHECK_EQUAL(rows.at(2).duration, 900);
  CHECK_EQUAL(rows.at(2).flags, FLAG_PARTIAL);
}

TEST(flags_come_into_the_row_of_their_interval_even_across_a_cut) {
  Flash flash;
  Host host;
  Life first(test::config_of(2), flash);
  first.board->set_clock(0, UTC);
  first.counters.flags = FLAG_FAULT;
  first.run(200);
  Life second(test::config_of(2), flash, 2);
  second.board->set_clock(0, UTC + 210'000);
  second.board->connected(0);
  second.run(400, &host);
  const auto &rows = host.journals.at(second.board->journal());
  CHECK_EQUAL(rows.at(1).flags, FLAG_FAULT | FLAG_REBOOT | (rows.at(1).duration == 300 ? 0 : FLAG_PARTIAL));
  CHECK_EQUAL(rows.at(2).flags & ~FLAG_PARTIAL, 0);
}

TEST(a_ring_that_overruns_loses_resolution_and_no_energy) {
  Flash flash;
  Host host;
  Life life(test::config_of(2, 60, 20, 4), flash);
  life.board->set_clock(0, UTC);
  life.run(3000);
  life.board->connected(life.now);
  life.run(200, &host);
  CHECK_EQUAL(host.gaps, 1);
  const auto &rows = host.journals.at(life.board->journal());
  CHECK(rows.size() >= 20 && rows.begin()->first > 1);
  CHECK_EQUAL(rows.begin()->second.energies[0], Counters::rate(0) * static_cast<uint64_t>(rows.begin()->second.end - UTC / 1000));
  check_identity(life, host);
}

TEST(a_flash_that_refuses_for_a_while_costs_no_energy) {
  Flash flash;
  Host host;
  Life life(test::config_of(2), flash);
  life.board->set_clock(0, UTC);
  life.board->connected(0);
  life.run(300, &host);
  flash.broken = true;
  life.run(900, &host);
  CHECK(life.board->storage_failures() > 0);
  flash.broken = false;
  life.run(300, &host);
  const auto &rows = host.journals.at(life.board->journal());
  CHECK_EQUAL(rows.size(), 2);
  CHECK_EQUAL(rows.at(2).duration, 1200);
  CHECK_EQUAL(rows.at(2).energies[1], Counters::rate(1) * static_cast<uint64_t>(rows.at(2).end - UTC / 1000));
  check_identity(life, host);
}

TEST(what_a_refused_row_knew_goes_into_the_next) {
  Flash flash;
  Host host;
  Life life(test::config_of(2), flash);
  life.board->set_clock(0, UTC);
  life.board->connected(0);
  flash.broken = true;
  life.counters.flags = FLAG_FAULT;
  life.run(300, &host);
  flash.broken = false;
  life.run(300, &host);
  const Row &row = host.journals.at(life.board->journal()).at(1);
  CHECK_EQUAL(row.duration, 583);
  CHECK_EQUAL(row.flags, FLAG_FAULT | FLAG_PARTIAL);
  CHECK_EQUAL(row.energies[0], Counters::rate(0) * 583);
}

TEST(other_registers_begin_another_journal_and_the_old_one_is_drained) {
  Flash flash;
  Host host;
  auto first = std::make_unique<Life>(test::config_of(2), flash, 1);
  const uint32_t old = first->board->journal();
  first->board->set_clock(0, UTC);
  first->run(1000);
  CHECK(first->board->checkpoint(first->now));
  const uint64_t counted = first->board->energies()[1];
  Life second(test::config_of(3), flash, 2);
  CHECK(second.board->journal() != old && second.board->energies()[1] == 0);
  second.board->connected(0);
  const auto records = second.wire.of("record");
  CHECK(records.size() == 1);
  CHECK(records[0].find("\"registers\":[\"main.import\",\"main.export\"]") != std::string::npos);
  second.board->set_clock(0, UTC + 1'005'000);
  second.run(600, &host);
  // What was counted since the last row was not lost: it is a row of its own.
  CHECK_EQUAL(host.journals.at(old).rbegin()->second.energies[1], counted);
  CHECK((host.journals.at(old).rbegin()->second.flags & (FLAG_REBOOT | FLAG_PARTIAL)) == (FLAG_REBOOT | FLAG_PARTIAL));
  CHECK_EQUAL(host.journals.at(second.board->journal()).size(), 2);
  check_identity(second, host);
  // The same registers again are a third journal; of the first nothing is left.
  Life third(test::config_of(2), flash, 3);
  CHECK(third.board->journal() != old && third.board->journal() != second.board->journal());
  CHECK(flash.blocks.lower_bound(storage_key::ring(0)) == flash.blocks.lower_bound(storage_key::ring(1)));
}

TEST(a_new_journal_by_command_waits_for_the_host) {
  Flash flash;
  Host host;
  Life life(test::config_of(2), flash);
  const uint32_t old = life.board->journal();
  life.board->connected(0);
  CHECK(life.command("\"op\":\"new_journal\"").find("\"error\":\"clock\"") != std::string::npos);
  life.board->set_clock(life.now, UTC);
  life.run(400);
  CHECK(life.command("\"op\":\"new_journal\"").find("\"error\":\"unacknowledged\"") != std::string::npos);
  life.board->on_ack(host.ack(old, 1).data(), host.ack(old, 1).size(), life.now);
  life.wire.clear();
  CHECK(life.command("\"op\":\"new_journal\"").find("\"ok\":true") != std::string::npos);
  // The open interval is closed and on its way; the journal changes when it has arrived.
  CHECK_EQUAL(life.board->journal(), old);
  CHECK_EQUAL(life.wire.of("record").size(), 1);
  life.serve(host);
  CHECK(life.board->journal() != old);
  CHECK((host.journals.at(old).at(2).flags & FLAG_PARTIAL) != 0);
  CHECK_EQUAL(host.journals.at(old).at(2).energies[0], Counters::rate(0) * 400);
  CHECK_EQUAL(life.board->energies()[0], 0);
  life.run(600, &host);
  CHECK_EQUAL(host.journals.at(life.board->journal()).begin()->first, 1);
  check_identity(life, host);
  Life again(test::config_of(2), flash, 9);
  CHECK_EQUAL(again.board->journal(), life.board->journal());
}

TEST(a_forced_journal_leaves_the_old_one_to_be_drained) {
  Flash flash;
  Host host;
  Life life(test::config_of(2, 60), flash);
  life.board->connected(0);
  std::vector<uint32_t> journals;
  for (int count = 0; count < 4; count++) {
    journals.push_back(life.board->journal());
    if (count == 0)
      life.run(100);  // without a clock: these intervals belong to no later journal
    life.board->set_clock(life.now, UTC + life.now);
    life.run(200);
    const std::string answer = life.command("\"op\":\"new_journal\",\"force\":true");
    // There is room for four journals, and none is given up before the host has it.
    CHECK((answer.find("\"ok\":true") != std::string::npos) == (count < 3));
    CHECK(count < 3 || answer.find("draining") != std::string::npos);
  }
  life.wire.clear();
  life.board->disconnected(life.now);
  life.board->connected(life.now);
  life.run(120, &host);
  CHECK_EQUAL(host.journals.size(), 4);
  for (size_t index = 0; index + 1 < journals.size(); index++) {
    const auto &rows = host.journals.at(journals[index]);
    CHECK_EQUAL(rows.begin()->first, 1);
    CHECK_EQUAL(rows.rbegin()->second.energies[0], Counters::rate(0) * (index == 0 ? 300 : 200));
  }
  check_identity(life, host);
  CHECK(life.command("\"op\":\"new_journal\",\"force\":true").find("\"ok\":true") != std::string::npos);
}

TEST(a_restart_in_good_order_loses_nothing) {
  Flash flash;
  Host host;
  Life first(test::config_of(2), flash);
  first.board->set_clock(0, UTC);
  first.board->connected(0);
  first.run(333, &host);
  CHECK(first.command("\"op\":\"reboot\"").find("\"ok\":true") != std::string::npos);
  CHECK_EQUAL(first.counters.reboots, 0);
  first.run(1, &host);
  CHECK_EQUAL(first.counters.reboots, 1);
  Life second(test::config_of(2), flash, 2);
  CHECK_EQUAL(second.board->energies()[0], first.board->energies()[0]);
  CHECK_EQUAL(second.board->unacknowledged(), 0);
  CHECK(second.board->boot() != first.board->boot());
}
