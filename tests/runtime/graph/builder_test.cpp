#include "runtime/graph/builder.hpp"

#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <set>

using namespace tessera::runtime;
using namespace tessera::runtime::graph;

namespace {
std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
/// Adds a task of `operation` with `params` and `inputs`.
Index add(Builder& builder, std::string_view operation, std::string_view params, std::vector<Index> inputs = {}) {
  return builder.add(builder.operation(operation), inputs, bytes_of(params), builder.options({}));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_graph_builder)

BOOST_AUTO_TEST_CASE(K1_equal_operation_parameters_and_inputs_give_one_key) {
  Builder one, other;
  const Index a = add(one, "read", "file"), b = add(one, "sum", "", {a});
  add(other, "noise", "1");  // Another place in another graph, and another index of the operation.
  const Index c = add(other, "read", "file"), d = add(other, "sum", "", {c});
  BOOST_TEST((one.key(a) == other.key(c)));
  BOOST_TEST((one.key(b) == other.key(d)));
  BOOST_TEST((one.key(a) != one.key(b)));
}

BOOST_AUTO_TEST_CASE(K1_any_difference_gives_another_key) {
  Builder builder;
  const Index a = add(builder, "a", ""), b = add(builder, "b", "");
  std::set<Key> keys{builder.key(a), builder.key(b)};
  keys.insert(builder.key(add(builder, "f", "x", {a, b})));
  keys.insert(builder.key(add(builder, "f", "x", {b, a})));
  keys.insert(builder.key(add(builder, "f", "x", {a})));
  keys.insert(builder.key(add(builder, "f", "x", {a, a})));
  keys.insert(builder.key(add(builder, "f", "y", {a, b})));
  keys.insert(builder.key(add(builder, "g", "x", {a, b})));
  keys.insert(builder.key(add(builder, "fx", "", {a, b})));  // The border between name and parameters counts.
  keys.insert(builder.key(add(builder, "", "fx", {a, b})));
  BOOST_TEST(keys.size() == 10u);
}

// K4: pinned, so that another process, host, build or compiler can be compared with this one.
BOOST_AUTO_TEST_CASE(K4_keys_are_the_same_in_every_build) {
  Builder builder;
  const Index a = add(builder, "read", "file"), b = add(builder, "sum", std::string(1000, 'p'), {a, a});
  BOOST_TEST(to_string(builder.key(a)) == "b8b1a10416a95ea847b7523ff1f20ae3");
  BOOST_TEST(to_string(builder.key(b)) == "55468b849a35d00ed62518c89147ce1c");
  BOOST_TEST(to_string(named_key("mine")) == "d2d63608a752400fffbe9de4b5587a91");
}

BOOST_AUTO_TEST_CASE(K6_a_name_or_a_parameter_is_never_taken_for_a_key) {
  Builder builder;
  const Index a = add(builder, "a", "");
  const Key key = builder.key(a);
  const Index by_input = add(builder, "f", "", {a});
  const Index by_bytes = add(builder, "f", std::string_view(reinterpret_cast<const char*>(&key), sizeof key));
  const Index by_text = add(builder, "f", to_string(key));
  BOOST_TEST((std::set<Key>{builder.key(by_input), builder.key(by_bytes), builder.key(by_text)}.size() == 3u));
  BOOST_TEST((named_key(to_string(key)) != key));
  BOOST_TEST((named_key("a") != content_key("a", {}, {})));
}

BOOST_AUTO_TEST_CASE(long_parameters_and_many_inputs_have_keys_of_their_own) {
  std::set<Key> keys;
  for (const std::size_t size : {0u, 1u, 400u, 494u, 495u, 496u, 511u, 512u, 513u, 5000u})
    for (const char last : {'x', 'y'}) {
      std::string params(size, 'p');
      if (size > 0) params.back() = last;
      keys.insert(content_key("f", bytes_of(params), {}));
    }
  BOOST_TEST(keys.size() == 19u);  // The empty one twice.
  Builder builder;
  const Index a = add(builder, "a", ""), b = add(builder, "b", "");
  std::vector<Index> many(40, a);
  const Index f = add(builder, "f", "", many);
  many.back() = b;
  BOOST_TEST((builder.key(f) != builder.key(add(builder, "f", "", many))));
}

BOOST_AUTO_TEST_CASE(tasks_may_be_added_in_any_order) {
  Builder forward, backward;
  const Index a = add(forward, "a", ""), b = add(forward, "b", "", {a});
  add(forward, "c", "", {a, b});
  const auto straight = forward.build();
  add(backward, "c", "", {2, 1});
  add(backward, "b", "", {2});
  add(backward, "a", "");
  const auto sorted = backward.build();
  BOOST_REQUIRE((straight && sorted));
  BOOST_REQUIRE(sorted->tasks.size() == 3u);
  for (Index i = 0; i < 3; ++i) BOOST_TEST((sorted->tasks[i].key == straight->tasks[i].key));
  BOOST_TEST(static_cast<bool>(validate(*sorted)));
}

BOOST_AUTO_TEST_CASE(a_random_graph_in_any_order_gives_the_same_keys) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Rng rng(seed);
      constexpr Index count = 40;
      std::vector<std::vector<Index>> inputs(count);
      for (Index i = 1; i < count; ++i)
        for (std::uint64_t n = rng.below(4); n > 0; --n) inputs[i].push_back(static_cast<Index>(rng.below(i)));
      std::vector<Index> place(count);  // Task i is added as the place[i]-th.
      for (Index i = 0; i < count; ++i) place[i] = i;
      for (Index i = count; i-- > 1;) std::swap(place[i], place[rng.below(i + 1)]);
      std::vector<Index> at(count);
      for (Index i = 0; i < count; ++i) at[place[i]] = i;
      Builder straight, shuffled;
      for (Index i = 0; i < count; ++i) add(straight, "f", std::to_string(i), inputs[i]);
      for (Index p = 0; p < count; ++p) {
        std::vector<Index> moved;
        for (const Index input : inputs[at[p]]) moved.push_back(place[input]);
        add(shuffled, "f", std::to_string(at[p]), moved);
      }
      const auto one = straight.build(), other = shuffled.build();
      BOOST_REQUIRE((one && other));
      BOOST_REQUIRE(static_cast<bool>(validate(*other)));
      std::set<Key> a, b;
      for (Index i = 0; i < count; ++i) a.insert(one->tasks[i].key), b.insert(other->tasks[i].key);
      BOOST_TEST((a == b));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cycle_is_refused_with_the_tasks_on_it) {
  Builder builder;
  add(builder, "outside", "");
  add(builder, "b", "", {3, 0});
  add(builder, "c", "", {1});
  add(builder, "d", "", {2});
  add(builder, "behind", "", {3});
  const auto built = builder.build();
  BOOST_REQUIRE(!built);
  BOOST_TEST((built.failure().code == ErrorCode::cycle));
  for (const char* name : {"(b)", "(c)", "(d)"}) BOOST_TEST(built.failure().message.find(name) != std::string::npos, name);
  for (const char* name : {"outside", "behind"}) BOOST_TEST(built.failure().message.find(name) == std::string::npos, name);
  BOOST_TEST(builder.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_task_that_is_its_own_input_is_a_cycle) {
  Builder builder;
  add(builder, "a", "", {0});
  const auto built = builder.build();
  BOOST_REQUIRE(!built);
  BOOST_TEST((built.failure().code == ErrorCode::cycle));
}

BOOST_AUTO_TEST_CASE(a_dangling_input_is_refused_with_task_and_index) {
  for (const Index input : {Index{17}, external_bit | 3u}) {
    Builder builder;
    add(builder, "a", "");
    add(builder, "broken", "", {0, input});
    const auto built = builder.build();
    BOOST_REQUIRE(!built);
    BOOST_TEST((built.failure().code == ErrorCode::dangling_input));
    BOOST_TEST(built.failure().message.find("broken") != std::string::npos);
    BOOST_TEST(built.failure().message.find(std::to_string(input & ~external_bit)) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(K5_a_key_used_twice_in_one_graph_for_different_work_is_refused_with_both_names) {
  Builder builder;
  builder.add(builder.operation("first"), {}, {}, builder.options({}), named_key("mine"));
  builder.add(builder.operation("second"), {}, {}, builder.options({}), named_key("mine"));
  const auto built = builder.build();
  BOOST_REQUIRE(!built);
  BOOST_TEST((built.failure().code == ErrorCode::key_conflict));
  for (const char* name : {"first", "second"}) BOOST_TEST(built.failure().message.find(name) != std::string::npos, name);
}

BOOST_AUTO_TEST_CASE(K1_the_same_work_twice_in_one_graph_is_no_conflict) {
  Builder builder;
  const Index a = add(builder, "a", "x"), b = add(builder, "a", "x");
  const auto built = builder.build();
  BOOST_REQUIRE(static_cast<bool>(built));
  BOOST_TEST((built->tasks[a].key == built->tasks[b].key));
}

BOOST_AUTO_TEST_CASE(options_and_operations_are_shared) {
  Builder builder;
  BOOST_TEST(builder.operation("a") == builder.operation("a"));
  BOOST_TEST(builder.operation("a") != builder.operation("b"));
  Options urgent;
  urgent.priority = 3;
  BOOST_TEST(builder.options({}) != builder.options(urgent));
  BOOST_TEST(builder.options(urgent) == builder.options(urgent));
}

BOOST_AUTO_TEST_SUITE_END()
