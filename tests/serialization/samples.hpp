/// @file
/// One message of each type, with every field set, for round trips and golden files.
#pragma once
#include "runtime/graph/builder.hpp"
#include "runtime/protocol/messages.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tessera::test {
using namespace runtime;
using namespace runtime::protocol;

inline Key key(std::uint64_t n) { return {n * 3, n * 7}; }
inline Bytestring bytes(std::initializer_list<int> values) {
  Bytestring out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}
inline Blame blame() {
  return {ErrorCode::task_failed, "boom 1", "std::invalid_argument", "norm", key(9), "n1", 2};
}
inline std::shared_ptr<const graph::Graph> graph() {
  graph::Builder builder;
  const auto operation = builder.operation("norm");
  graph::Options its{3, 2, graph::Effects::once, {{"gpu", 1}}};
  const auto options = builder.options(its);
  const auto params = bytes({1, 2, 3});
  const graph::Index a = builder.add(operation, {}, params, options);
  const graph::Index inputs[] = {a, builder.external(key(5))};
  builder.add(builder.operation("add"), inputs, {}, options);
  return std::make_shared<const graph::Graph>(*builder.build());
}
inline NodeStatus node_status() {
  return {{100}, {20}, {3}, {4}, {5}, 2, 1, 7, {11}, {{"norm", 9, 1, {18}, {5}, {3}, {6}}, {"scatter", 0, 0, {2}, {0}, {0}, {0}}}};
}

inline std::vector<std::pair<std::string, Message>> samples() {
  const JobId job{4};
  const Member member{{2}, Role::node, "n1", "tcp://127.0.0.1:9", 2, node_status()};
  return {
      {"submit", Submit{job, graph(), {1, 0}}},
      {"scattered", Scattered{job, key(1), {64}, "float64"}},
      {"release", Release{job, {key(1), key(2)}}},
      {"cancel", Cancel{job, {key(1)}, true, "not needed"}},
      {"retry", Retry{job, {key(3)}}},
      {"restore", Restore{job, key(3), {2}}},
      {"updates", Updates{job, {Update{key(1), FutureState::finished, {2}, {8}, bytes({7}), {}},
                                Update{key(2), FutureState::error, no_node, {}, {}, blame()}}}},
      {"refused", Refused{job, {key(1)}, blame()}},
      {"operations", Operations{job, {3}, {"norm", "add"}}},
      {"assign", Assign{job,
                        {Assignment{key(1), {5}, {2}, {3}, -1, 77, 1, 2, true, Eviction::if_cheaper, {{"gpu", 1}}},
                         Assignment{key(2), {6}, {1}, {4}, 0, 78, 1, 0, false, Eviction::never, {}}},
                        {Input{key(3), {2}, {10}, 2}, Input{key(1), no_node, {}}},
                        bytes({1, 2})}},
      {"withdraw", Withdraw{job, {{key(1), {2}}}}},
      {"drop", Drop{job, {key(1)}}},
      {"redirect", Redirect{job, {Input{key(1), {3}, {9}}}}},
      {"reports", Reports{job,
                          {Finished{{1}, {2}, {3}, {4}, bytes({5}), {6}}, Errored{{1}, {1}, blame(), {7}, {8}},
                           Delegated{{2}, {1}, graph(), 1, {9}, {10}}, InputsMissing{{3}, {1}, {{key(1), {2}}}}, Copied{key(4), {6}},
                           Evicted{key(5)}}}},
      {"heartbeat", Heartbeat{node_status(), {Digest{job, 1, 2, 3, 4}}}},
      {"join", Join{Role::client, "c", "tcp://127.0.0.1:5", 0, {100}, {{"gpu", 2}}, {"add", "norm"}, "default"}},
      {"joined", Joined{{7}, job, "lab"}},
      {"join_refused", JoinRefused{"another version"}},
      {"members", Members{{member}, {{3}}}},
      {"leave", Leave{}},
      {"ask_status", AskStatus{}},
      {"status", Status{"lab", "0.1.0", {member}, 1, 2, 3, 4, 5, {{"unknown_task", 6}}}},
      {"want", Want{{key(1), job}}},
      {"offer", Offer{{key(1), job}, {8}, "float64", bytes({1})}},
      {"absent", Absent{{key(1), job}}},
      {"unwant", Unwant{{key(1), job}}},
      {"job_ended", JobEnded{job}},
  };
}
}  // namespace tessera::test
