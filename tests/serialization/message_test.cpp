#include "serialization/message.hpp"

#include "samples.hpp"

#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

using namespace tessera::test;
using tessera::serialization::decode;
using tessera::serialization::encode;

namespace {
std::string golden_path(const std::string& name) {
  return std::string(TESSERA_SOURCE_DIR) + "/tests/serialization/golden/" + name + ".bin";
}
Bytestring read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}
Bytestring with_length(std::uint8_t alternative, std::uint64_t count) {
  Bytestring raw = bytes({2, alternative, 4, 0, 0, 0});
  const auto* at = reinterpret_cast<const std::byte*>(&count);
  raw.insert(raw.end(), at, at + 8);
  return raw;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(serialization_message)

BOOST_AUTO_TEST_CASE(there_is_a_sample_of_every_message_and_each_comes_back_as_it_went) {
  std::set<std::size_t> seen;
  for (const auto& [name, message] : samples()) {
    BOOST_TEST_CONTEXT(name) {
      seen.insert(message.index());
      const Bytestring raw = encode(message);
      const auto back = decode(raw);
      BOOST_REQUIRE(back);
      BOOST_TEST(back->index() == message.index());
      BOOST_TEST((encode(*back) == raw));
    }
  }
  BOOST_TEST(seen.size() == std::variant_size_v<Message>);
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_golden_files) {
  for (const auto& [name, message] : samples()) {
    const Bytestring raw = encode(message);
    if (std::getenv("TESSERA_WRITE_GOLDEN") != nullptr)
      std::ofstream(golden_path(name), std::ios::binary)
          .write(reinterpret_cast<const char*>(raw.data()), static_cast<std::streamsize>(raw.size()));
    BOOST_TEST((read_file(golden_path(name)) == raw), name << ": the wire changed; is that meant? Then a new version, and "
                                                              "TESSERA_WRITE_GOLDEN=1");
  }
}

BOOST_AUTO_TEST_CASE(N3_what_ends_too_early_or_too_late_is_refused) {
  for (const auto& [name, message] : samples()) {
    Bytestring raw = encode(message);
    for (std::size_t size = 0; size < raw.size(); ++size)
      BOOST_TEST(!decode(std::span(raw).first(size)), name << " cut at " << size);
    raw.push_back(std::byte{0});
    BOOST_TEST(!decode(raw), name << " with a byte more");
  }
}

BOOST_AUTO_TEST_CASE(N3_flipped_bytes_never_do_harm) {
  tessera::runtime::Rng rng(1);
  for (const auto& [name, message] : samples()) {
    const Bytestring raw = encode(message);
    for (int i = 0; i < 2000; ++i) {
      Bytestring bad = raw;
      for (std::uint64_t n = 1 + rng.below(3); n > 0; --n)
        bad[rng.below(bad.size())] = static_cast<std::byte>(rng.below(256));
      if (const auto back = decode(bad)) BOOST_REQUIRE(decode(encode(*back)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_length_beyond_the_bytes_is_refused_before_anything_is_allocated) {
  // Alternative 2 is Release: a job and a vector of keys.
  for (const std::uint64_t count : {std::uint64_t{1} << 25, std::uint64_t{1} << 40, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    const auto back = decode(with_length(2, count));
    BOOST_REQUIRE(!back);
    BOOST_TEST((back.failure().code == ErrorCode::bad_message));
  }
}

BOOST_AUTO_TEST_CASE(another_version_and_an_unknown_message_are_refused_with_a_sentence) {
  Bytestring raw = encode(Leave{});
  raw[0] = std::byte{9};
  BOOST_TEST(decode(raw).failure().message.find("version 9") != std::string::npos);
  raw = encode(Leave{});
  raw[1] = std::byte{200};
  BOOST_TEST(!decode(raw));
}

BOOST_AUTO_TEST_CASE(a_status_lists_so_many_operations_and_one_of_others) {
  NodeStatus status = node_status();
  status.operations.resize(operations_max + 1);
  BOOST_TEST(!!decode(encode(Heartbeat{status, {}})));
  status.operations.resize(operations_max + 2);
  BOOST_TEST(!decode(encode(Heartbeat{status, {}})));
}

BOOST_AUTO_TEST_CASE(a_graph_from_outside_is_validated) {
  auto graph = std::make_shared<tessera::runtime::graph::Graph>(*tessera::test::graph());
  graph->inputs[0] = 7;
  BOOST_TEST(!decode(encode(Submit{{1}, graph, {}})));
  graph->inputs[0] = 0;
  BOOST_TEST(!!decode(encode(Submit{{1}, graph, {}})));
  BOOST_TEST(!decode(encode(Submit{{1}, graph, {2}})));
}

BOOST_AUTO_TEST_SUITE_END()
