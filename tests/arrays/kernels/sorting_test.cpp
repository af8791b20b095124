// Kernels that sort, search and count, of every dtype that has an order.
#include "arrays/kernels/sorting.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

namespace {
using namespace tessera::arrays;
using namespace tessera::arrays::kernels;
using Longs = std::vector<std::int64_t>;
using Doubles = std::vector<double>;
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

template <class T>
Block line(const std::vector<T>& values) { return Block::of<T>({static_cast<std::int64_t>(values.size())}, values); }
template <class T>
std::vector<T> elements(const Block& block) { return {block.data<T>().begin(), block.data<T>().end()}; }
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_sorting)

BOOST_AUTO_TEST_CASE(every_dtype_with_an_order_is_sorted_both_ways_with_its_ends) {
  const auto check = []<class T>(T least, T greatest) {
    const Block x = line(std::vector<T>{T(3), greatest, T(1), least, T(3)});
    std::vector<T> up{least, T(1), T(3), T(3), greatest};
    if (least == T(1)) up = {T(1), T(1), T(3), T(3), greatest};
    BOOST_TEST((elements<T>(sort(x, 0, Order::up).value()) == up));
    BOOST_TEST((elements<T>(sort(x, 0, Order::down).value()) == std::vector<T>(up.rbegin(), up.rend())));
    BOOST_TEST((elements<std::int64_t>(argsort(x, 0, Order::down).value()) == Longs{1, 0, 4, 2, 3}));  // Equal ones keep their order.
  };
  const auto ends = [&]<class T>(T) { check(std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max()); };
  ends(std::int8_t{}), ends(std::int16_t{}), ends(std::int32_t{}), ends(std::int64_t{});
  ends(std::uint8_t{}), ends(std::uint16_t{}), ends(std::uint32_t{}), ends(std::uint64_t{}), ends(float{}), ends(double{});
  check(-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity());
  BOOST_TEST((elements<bool>(sort(Block::of<bool>({3}, {true, false, true}), 0, Order::up).value()) == std::vector<bool>{false, true, true}));
  BOOST_TEST(!sort(Block::of<std::complex<float>>({1}, {1}), 0, Order::up));
  BOOST_TEST(!sort(line(Doubles{1}), 1, Order::up));
}

BOOST_AUTO_TEST_CASE(nan_and_nat_are_last_up_and_down) {
  const Block x = line(Doubles{no_number, -1, -no_number, 2});
  for (const Order order : {Order::up, Order::down}) {
    const auto sorted = elements<double>(sort(x, 0, order).value());
    BOOST_TEST((sorted[0] == (order == Order::up ? -1 : 2)));
    BOOST_TEST((std::isnan(sorted[2]) && std::isnan(sorted[3])));
    BOOST_TEST((elements<std::int64_t>(argsort(x, 0, order).value()) == (order == Order::up ? Longs{1, 3, 0, 2} : Longs{3, 1, 0, 2})));
  }
  const Block times = line(std::vector<Datetime>{{not_a_time}, {5}, {-7}});
  BOOST_TEST((elements<std::int64_t>(argsort(times, 0, Order::up).value()) == Longs{2, 1, 0}));
  BOOST_TEST((elements<Datetime>(sort(times, 0, Order::down).value()) == std::vector<Datetime>{{5}, {-7}, {not_a_time}}));
  BOOST_TEST((elements<std::int64_t>(argsort(line(Doubles{0.0, -0.0, -1}), 0, Order::up).value()) == Longs{2, 0, 1}));  // Zeros are equal.
}

BOOST_AUTO_TEST_CASE(sorted_parts_merge_into_any_stretch_of_the_whole) {
  const Block a = Block::of<double>({2, 3}, {5, 1, 3, no_number, 2, 2}), b = Block::of<double>({2, 2}, {4, 1, 9, 2});
  const Sorted parts[] = {sorted(a, 1, Order::up, 0, 3).value(), sorted(b, 1, Order::up, 3, 2).value()};
  const Sorted low = merged(parts, 1, Order::up, 0, 3).value(), high = merged(parts, 1, Order::up, 3, 9).value();
  BOOST_TEST((elements<double>(low[0]) == Doubles{1, 1, 3, 2, 2, 2}));
  BOOST_TEST((elements<std::int64_t>(low[1]) == Longs{1, 4, 2, 1, 2, 4}));
  BOOST_TEST((elements<std::int64_t>(high[1]) == Longs{3, 0, 3, 0}));
  BOOST_TEST((elements<double>(sorted(a, 0, Order::down, 0, 1).value()[0]) == Doubles{5, 2, 3}));
  BOOST_TEST(!merged({}, 0, Order::up, 0, 1));
  const Sorted other[] = {parts[0], sorted(line(Doubles{1}), 0, Order::up, 0, 1).value()};
  BOOST_TEST(!merged(other, 1, Order::up, 0, 1));
}

BOOST_AUTO_TEST_CASE(different_elements_are_found_counted_and_merged) {
  const Block a = line(Doubles{2, -0.0, no_number, 2}), b = line(Doubles{0.0, no_number, 7});
  const Uniques parts[] = {uniques(a, 0).value(), uniques(b, 4).value()};
  const Uniques all = merged_uniques(parts).value();
  BOOST_TEST(all[0].size() == 5);
  BOOST_TEST(std::signbit(all[0].data<double>()[0]));  // The first of those that are equal.
  BOOST_TEST((elements<std::int64_t>(all[1]) == Longs{1, 0, 6, 2, 5}));
  BOOST_TEST((elements<std::int64_t>(all[2]) == Longs{2, 2, 1, 1, 1}));
  BOOST_TEST((elements<std::int64_t>(inverse(a, 0, all).value()) == Longs{1, 0, 3, 1}));
  BOOST_TEST((elements<std::int64_t>(inverse(b, 4, all).value()) == Longs{0, 4, 2}));
  BOOST_TEST((elements<bool>(is_in(line(Doubles{0, 1, no_number, 7}), all).value()) == std::vector<bool>{true, false, false, true}));
  BOOST_TEST(!inverse(line(Longs{1}), 0, all));
  BOOST_TEST(!merged_uniques({}));
}

BOOST_AUTO_TEST_CASE(searches_and_counts) {
  const Block edges = line(Doubles{0, 1, 1, 3}), x = line(Doubles{0, 1, 2.5, 3, -1, no_number, 4});
  BOOST_TEST((elements<std::int64_t>(search(edges, x, Side::left).value()) == Longs{0, 1, 3, 3, 0, 4, 4}));
  BOOST_TEST((elements<std::int64_t>(search(edges, x, Side::right).value()) == Longs{1, 3, 3, 4, 0, 4, 4}));
  BOOST_TEST((elements<std::int64_t>(histogram(x, edges, nullptr).value()) == Longs{1, 0, 3}));
  const Block weights = line(Doubles{1, 2, 4, 8, 16, 32, 64});
  BOOST_TEST((elements<double>(histogram(x, edges, &weights).value()) == Doubles{1, 0, 14}));
  BOOST_TEST((elements<std::int64_t>(bincount(line(Longs{3, 0, 3}), nullptr, 2).value()) == Longs{1, 0, 0, 2}));
  BOOST_TEST((elements<std::int64_t>(bincount(line(Longs{}), nullptr, 2).value()) == Longs{0, 0}));
  const Block some[] = {line(Longs{1, 2}), line(Longs{1, 1, 5})};
  BOOST_TEST((elements<std::int64_t>(added(some).value()) == Longs{2, 3, 5}));
  BOOST_TEST(!search(edges, line(Longs{1}), Side::left));
  BOOST_TEST(!histogram(x, line(Doubles{1, 0}), nullptr));
  BOOST_TEST(!histogram(x, line(Doubles{0, no_number}), nullptr));
  BOOST_TEST(!bincount(line(Longs{-1}), nullptr, 0));
  BOOST_TEST(!bincount(line(Longs{std::numeric_limits<std::int64_t>::max()}), nullptr, 0));
}

BOOST_AUTO_TEST_SUITE_END()
