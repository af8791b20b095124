// Arrays whose chunks lie on several processes.
#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {
using namespace tessera;

/// Of each kind of task that arrays have something: made, given by the program, fused, reduced along each axis, moved between chunks.
std::vector<Array> expressions() {
  const Array x = xp::random::normal({300, 400}, 7, {.chunks = {64, 100}}), ramp = xp::arange(0.0, 400.0, 1.0, {.chunks = 90});
  const Array given = xp::asarray(Block::make<float>({300, 1}, [](std::span<float> to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(i % 17) * 0.1F;
  }), 50);
  const Array y = xp::sin(x) * ramp + given, columns = xp::rechunk(y, {-1, 10});
  return {y, xp::mean(y), xp::std(y, {.axis = 0}), xp::sum(columns, {.axis = 1}), xp::argmax(y, {.axis = 1}), xp::flip(columns)[{Slice{3, 250, 7}, Slice{}}],
          xp::concat({y, columns}, 1).T(), xp::reshape(y, {100, -1})};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(system_array)

BOOST_AUTO_TEST_CASE(A4_arrays_over_processes_have_the_bits_of_those_of_one_lane) {
  Cluster one = Cluster::local({.lanes = 1});
  Cluster many = Cluster::processes({.processes = 3, .lanes = 2, .policy = "round_robin"});
  const auto wanted = xp::compute(one, expressions()), got = xp::compute(many, expressions());
  BOOST_REQUIRE(wanted.size() == got.size());
  for (std::size_t i = 0; i < got.size(); ++i) BOOST_TEST((got[i] == wanted[i]), "result " << i);
}

BOOST_AUTO_TEST_CASE(what_is_persisted_over_processes_is_the_array_of_later_expressions) {
  Cluster cluster = Cluster::processes({.processes = 2, .lanes = 1, .policy = "round_robin"});
  const auto arrays = expressions();
  const Array kept = arrays[0].persist(cluster);
  BOOST_TEST((kept.compute(cluster) == arrays[0].compute(cluster)));
  BOOST_TEST((xp::sum(kept * 2).compute(cluster) == xp::sum(arrays[0] * 2).compute(cluster)));
}
BOOST_AUTO_TEST_SUITE_END()
