#include "serialization/cereal.hpp"
#include "serialization/codec.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace tessera::serialization;
using tessera::runtime::SharedBytes;

namespace {
template <class T>
T round_trip(const T& value) {
  auto back = decode_value<T>(encode_value(value));
  BOOST_REQUIRE(back);
  return *back;
}
SharedBytes raw(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return SharedBytes::of(std::move(bytes));
}
struct Station {
  std::string name;
  std::vector<double> heights;
  std::map<std::string, std::int32_t> counts;
  template <class A>
  void serialize(A& archive) { archive(name, heights, counts); }
  friend bool operator==(const Station&, const Station&) = default;
};
}  // namespace

BOOST_AUTO_TEST_SUITE(serialization_codec)

BOOST_AUTO_TEST_CASE(values_come_back_as_they_went) {
  BOOST_TEST(round_trip(std::int64_t{-5}) == -5);
  BOOST_TEST(round_trip(std::string("tile\0x", 6)) == std::string("tile\0x", 6));
  BOOST_TEST(round_trip(std::numeric_limits<double>::infinity()) == std::numeric_limits<double>::infinity());
  BOOST_TEST(std::isnan(round_trip(std::nan(""))));
  BOOST_TEST((round_trip(std::vector<double>{}) == std::vector<double>{}));
  const std::vector<std::vector<std::string>> nested{{"a", ""}, {}, {"b"}};
  BOOST_TEST((round_trip(nested) == nested));
  const std::tuple<int, std::optional<double>, std::variant<int, std::string>> mixed{1, std::nullopt, "x"};
  BOOST_TEST((round_trip(mixed) == mixed));
  const std::map<std::string, std::pair<bool, float>> table{{"a", {true, 1.5f}}};
  BOOST_TEST((round_trip(table) == table));
}

BOOST_AUTO_TEST_CASE(own_types_travel_by_their_serialize) {
  const Station station{"Uccle", {1, 2.5}, {{"rain", 3}}};
  BOOST_TEST((round_trip(station) == station));
  const std::vector<Station> many{station, {}};
  BOOST_TEST((round_trip(many) == many));
}

BOOST_AUTO_TEST_CASE(hostile_bytes_are_refused) {
  BOOST_TEST(!decode_value<std::vector<double>>(raw({255, 255, 255, 255, 255, 255, 255, 127})));
  BOOST_TEST(!decode_value<std::vector<std::string>>(raw({0, 0, 0, 0, 1, 0, 0, 0})));
  BOOST_TEST(!decode_value<std::vector<std::monostate>>(raw({0, 0, 0, 64, 0, 0, 0, 0})));
  BOOST_TEST(!decode_value<bool>(raw({7})));
  BOOST_TEST((!decode_value<std::variant<int, double>>(raw({2, 0, 0, 0, 0}))));
  BOOST_TEST(!decode_value<int>(raw({1, 2, 3, 4, 5})));
  BOOST_TEST(!decode_value<int>(raw({1, 2})));
  BOOST_TEST(!decode_value<Station>(raw({8, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255})));
}

BOOST_AUTO_TEST_CASE(names_of_types_do_not_depend_on_the_build) {
  BOOST_TEST(type_name<std::vector<double>>() == "vector<float64>");
  BOOST_TEST((type_name<std::map<std::string, std::int32_t>>() == "map<string,int32>"));
  BOOST_TEST(type_name<long>() == "int64");
  BOOST_TEST(type_name<long long>() == "int64");
}

BOOST_AUTO_TEST_SUITE_END()
