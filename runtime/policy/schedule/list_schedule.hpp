/// @file
/// Static schedules of a whole graph on processors that differ, by list scheduling. Pure.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tessera::runtime::policy::schedule {
struct Edge {
  std::uint32_t from = 0, to = 0;
  double time = 0;                        ///< Of the transfer between processors of different places; seconds.
};
/// Something that a task needs and that exists already, or will at some time: at some places, and elsewhere after a transfer.
struct Given {
  std::uint32_t to = 0;
  std::vector<std::uint32_t> places;
  double from = 0, time = 0;              ///< When it is there; seconds of its transfer.
};
/// A graph without cycles and what its tasks cost.
struct Costs {
  std::vector<std::vector<double>> cost;  ///< Of each task on each processor; seconds.
  std::vector<Edge> edges;
  std::vector<std::uint32_t> places;      ///< Of each processor: those of one place exchange data in no time.
  std::vector<double> free_from = {};     ///< Of each processor: something else has it before. Empty: all are free from the beginning.
  std::vector<Given> given = {};
};
struct Slot {
  std::uint32_t processor = 0;
  double start = 0, end = 0;
};
struct Schedule {
  std::vector<Slot> slots;                ///< By task.
  std::vector<std::uint32_t> order;       ///< In which tasks were placed: each after those that it needs.
  double makespan = 0;
};

/// Mean cost of a task and what follows on the longest way to an end, transfers included (Topcuoglu 2002, eq. 5).
std::vector<double> upward_ranks(const Costs& costs);
/// The longest way from a beginning to a task, without it (eq. 6).
std::vector<double> downward_ranks(const Costs& costs);
/// What the rest takes at least if a task runs on a processor (Arabnejad 2014, eq. 1): by task and processor.
std::vector<std::vector<double>> optimistic_costs(const Costs& costs);

/// Ties go to the lower task, then to the lower processor. All but `dls` and `etf` use gaps between tasks that are placed. O(tasks x processors x (edges a task + tasks a processor)), for
/// `dls` and `etf` times the tasks that are ready.
/// Topcuoglu, Hariri, Wu: Performance-effective and low-complexity task scheduling for heterogeneous computing, IEEE TPDS 13(3), 2002.
Schedule heft(const Costs& costs);
Schedule cpop(const Costs& costs);
/// Arabnejad, Barbosa: List scheduling algorithm for heterogeneous systems by an optimistic cost table, IEEE TPDS 25(3), 2014.
Schedule peft(const Costs& costs);
/// Sih, Lee: A compile-time scheduling heuristic for interconnection-constrained heterogeneous processor architectures, IEEE TPDS 4(2), 1993; with medians.
Schedule dls(const Costs& costs);
/// Hwang, Chow, Anger, Lee: Scheduling precedence graphs in systems with interprocessor communication times, SIAM J. Computing 18(2), 1989; ties by the higher static level.
Schedule etf(const Costs& costs);
/// Wu, Gajski: Hypertool: a programming aid for message-passing systems, IEEE TPDS 1(3), 1990, MCP: by the lists of a task's latest start (ALAP, of mean costs) and those of all that follow it, in
/// rising order; each where it starts first, in a gap, too. Of each list the first 256 are looked at.
Schedule mcp(const Costs& costs);

using Scheduler = Schedule (*)(const Costs&);
/// Of that name; null: there is none. `names()` lists them.
Scheduler find(std::string_view name);
std::span<const std::string_view> names();
}  // namespace tessera::runtime::policy::schedule
