#include "arrays/kernels/reduction.hpp"

#include "arrays/kernels/lanes/lanes.hpp"
#include "arrays/kernels/layout.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace tessera::arrays;
using namespace tessera::arrays::kernels;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity(), missing = std::numeric_limits<double>::quiet_NaN();
using Axes = std::vector<std::size_t>;

template <Element T>
Block noise(const Shape& shape, std::uint64_t seed, bool has_nan = false) {
  return Block::make<T>(shape, [&](std::span<T> data) {
    std::uint64_t state = seed;
    for (T& one : data) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      if constexpr (!std::is_floating_point_v<T>) one = static_cast<T>(state >> 40);
      else if (has_nan && state >> 60 == 0) one = std::numeric_limits<T>::quiet_NaN();
      else one = static_cast<T>(250 + static_cast<double>(state >> 40) / 65536);
    }
  });
}

Block result_of(Reducer by, const Block& block, const Axes& axes, double correction = 0) {
  const Reduction reduction = *reduction_of(by, block.dtype(), {}, correction);
  const auto partial = reduce(reduction, block, axes);
  BOOST_REQUIRE_MESSAGE(partial, (partial ? "" : partial.failure().message));
  auto result = finish(reduction, *partial);
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.failure().message));
  return *result;
}
template <Element T>
T one_of(Reducer by, const std::vector<T>& values) {
  const Block result = result_of(by, Block::of<T>({static_cast<std::int64_t>(values.size())}, values), {0});
  return result.data<T>()[0];
}
double number(const Block& block, std::int64_t i) {
  return with_real_type(block.dtype(), [&]<class T>() { return static_cast<double>(block.data<T>()[static_cast<std::size_t>(i)]); });
}

/// The values that each cell reduces, in C order: cells in C order.
std::vector<std::vector<double>> cells_of(const Block& block, const Axes& axes) {
  const ShapeView shape = block.shape();
  Shape kept(shape.begin(), shape.end());
  for (const std::size_t axis : axes) kept[axis] = 1;
  std::vector<std::vector<double>> cells(static_cast<std::size_t>(element_count(kept).value()));
  for (std::int64_t flat = 0; flat < block.size(); ++flat) {
    std::int64_t left = flat, cell = 0, stride = 1;
    for (std::size_t d = shape.size(); d-- > 0; left /= shape[d]) {
      if (kept[d] != 1 || shape[d] == 1) cell += left % shape[d] * stride;
      stride *= kept[d];
    }
    cells[static_cast<std::size_t>(cell)].push_back(number(block, flat));
  }
  return cells;
}
const std::vector<Axes> all_axes{{}, {0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}};
bool close(double a, double b, double tolerance) { return (std::isnan(a) && std::isnan(b)) || a == b || std::abs(a - b) <= tolerance * std::abs(b); }
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_reduction)

BOOST_AUTO_TEST_CASE(reductions_agree_with_long_double_over_every_set_of_axes_A1) {
  for (const Block& block : {noise<double>({23, 5, 1300}, 3, true), noise<double>({1100, 4, 3}, 4, true), noise<float>({2, 70, 9}, 5, true), noise<double>({19, 3, 7}, 6)})
    for (const Axes& axes : all_axes) {
      const auto cells = cells_of(block, axes);
      const double tolerance = block.dtype() == Dtype::float32 ? 1e-6 : 1e-13;
      for (const bool skips : {false, true}) {
        const auto result = [&](const char* name) { return result_of(*reducer_named((skips ? "nan" : "") + std::string(name)), block, axes); };
        const Block sum = result("sum"), mean = result("mean"), spread = result("std"), min = result("min"), max = result("max");
        BOOST_TEST((mean.dtype() == block.dtype() && sum.dtype() == block.dtype() && spread.dtype() == block.dtype()));  // A5.
        for (std::size_t c = 0; c < cells.size(); ++c) {
          std::vector<double> values;
          for (const double value : cells[c])
            if (!skips || !std::isnan(value)) values.push_back(value);
          const bool has_nan = std::ranges::any_of(values, [](double value) { return std::isnan(value); });
          long double total = 0, squares = 0;
          for (const double value : values) total += value;
          const long double middle = total / static_cast<long double>(values.size());
          for (const double value : values) squares += (value - middle) * (value - middle);
          const auto i = static_cast<std::int64_t>(c);
          BOOST_TEST(close(number(sum, i), static_cast<double>(total), tolerance));
          BOOST_TEST(close(number(mean, i), static_cast<double>(middle), tolerance));
          BOOST_TEST(close(number(spread, i), static_cast<double>(std::sqrt(squares / static_cast<long double>(values.size()))), 10 * tolerance));
          const bool is_missing = has_nan || values.empty();
          BOOST_TEST(close(number(min, i), is_missing ? missing : *std::ranges::min_element(values), 0));
          BOOST_TEST(close(number(max, i), is_missing ? missing : *std::ranges::max_element(values), 0));
        }
      }
    }
}

BOOST_AUTO_TEST_CASE(small_integers_widen_and_sums_are_exact_A5) {
  const Block bytes = noise<std::int8_t>({40, 1100}, 9), large = noise<std::uint64_t>({3000}, 8);
  for (const Axes& axes : {Axes{0}, Axes{1}, Axes{0, 1}}) {
    const auto cells = cells_of(bytes, axes);
    const Block sum = result_of(Reducer::sum, bytes, axes), mean = result_of(Reducer::mean, bytes, axes), some = result_of(Reducer::count_nonzero, bytes, axes);
    BOOST_TEST((sum.dtype() == Dtype::int64));
    BOOST_TEST((mean.dtype() == Dtype::float64));
    for (std::size_t c = 0; c < cells.size(); ++c) {
      double total = 0;
      for (const double value : cells[c]) total += value;
      BOOST_TEST(number(sum, static_cast<std::int64_t>(c)) == total);
      BOOST_TEST(close(number(mean, static_cast<std::int64_t>(c)), total / static_cast<double>(cells[c].size()), 1e-15));
      BOOST_TEST(number(some, static_cast<std::int64_t>(c)) == static_cast<double>(cells[c].size() - static_cast<std::size_t>(std::ranges::count(cells[c], 0.0))));
    }
  }
  std::uint64_t total = 0, product = 1;
  for (const std::uint64_t one : large.data<std::uint64_t>()) total += one, product *= one;
  BOOST_TEST(result_of(Reducer::sum, large, {0}).data<std::uint64_t>()[0] == total);
  BOOST_TEST(result_of(Reducer::prod, large, {0}).data<std::uint64_t>()[0] == product);
  BOOST_TEST((result_of(Reducer::sum, Block::of<bool>({3}, {true, true, false}), {0}) == Block::of<std::int64_t>({1}, {2})));
  const Reduction narrow = *reduction_of(Reducer::sum, Dtype::int64, Dtype::int8);
  BOOST_TEST((*finish(narrow, *reduce(narrow, Block::of<std::int8_t>({2}, {100, 100}), Axes{0})) == Block::of<std::int8_t>({1}, {-56})));
}

BOOST_AUTO_TEST_CASE(arg_reductions_give_the_first_of_equal_ones_and_the_first_nan_A5) {
  const auto place = [](Reducer by, const std::vector<double>& values) {
    return result_of(by, Block::of<double>({static_cast<std::int64_t>(values.size())}, values), {0}).data<std::int64_t>()[0];
  };
  BOOST_TEST(place(Reducer::argmin, {3, 1, 1, 2}) == 1);
  BOOST_TEST(place(Reducer::argmax, {3, 1, 3, 2}) == 0);
  BOOST_TEST(place(Reducer::argmax, {3, missing, 5, missing}) == 1);
  BOOST_TEST(place(Reducer::nanargmax, {missing, 3, missing, 5}) == 3);
  BOOST_TEST(place(Reducer::nanargmin, {missing, inf, 3}) == 2);
  BOOST_TEST(place(Reducer::argmin, {0.0, -0.0}) == 0);
  const Reduction all = *reduction_of(Reducer::nanargmin, Dtype::float64);
  BOOST_TEST(finish(all, *reduce(all, Block::of<double>({1}, {missing}), Axes{0})).failure().message == "nanargmin: a slice is empty or all of it is NaN");
  const Block block = noise<std::int16_t>({13, 700, 5}, 12);
  for (const Axes& axes : all_axes) {
    const auto cells = cells_of(block, axes);
    const Block least = result_of(Reducer::argmin, block, axes), most = result_of(Reducer::argmax, block, axes);
    for (std::size_t c = 0; c < cells.size(); ++c) {
      BOOST_TEST(least.data<std::int64_t>()[c] == std::ranges::min_element(cells[c]) - cells[c].begin());
      BOOST_TEST(most.data<std::int64_t>()[c] == std::ranges::max_element(cells[c]) - cells[c].begin());
    }
  }
}

BOOST_AUTO_TEST_CASE(chunks_combine_to_the_result_of_the_whole) {
  const Block whole = noise<double>({60, 50}, 15, true);
  for (std::uint8_t number_of = 0; number_of < reducer_count; ++number_of)
    for (const Axes& axes : {Axes{0}, Axes{1}, Axes{0, 1}}) {
      const Reduction reduction = *reduction_of(static_cast<Reducer>(number_of), Dtype::float64);
      // One row of chunks along each axis that is reduced; the other is whole.
      const auto cuts = [&](std::size_t axis, std::int64_t length) {
        const bool is_cut = std::ranges::find(axes, axis) != axes.end();
        return is_cut ? std::vector<std::int64_t>{0, 1, 18, 18, length} : std::vector<std::int64_t>{0, length};
      };
      std::vector<Block> partials;
      const auto rows = cuts(0, 60), columns = cuts(1, 50);
      for (std::size_t r = 0; r + 1 < rows.size(); ++r)
        for (std::size_t c = 0; c + 1 < columns.size(); ++c) {
          const Shape start{rows[r], columns[c]};
          const Block chunk = *slice(whole, start, Shape{rows[r + 1] - rows[r], columns[c + 1] - columns[c]});
          partials.push_back(*reduce(reduction, chunk, axes, {start, {60, 50}}));
        }
      const auto combined = finish(reduction, *combine(reduction, partials)), direct = finish(reduction, *reduce(reduction, whole, axes));
      BOOST_REQUIRE(combined);
      BOOST_TEST(std::ranges::equal(combined->shape(), direct->shape()));
      bool is_close = true;
      for (std::int64_t i = 0; i < direct->size(); ++i) is_close = is_close && close(number(*combined, i), number(*direct, i), 1e-13);
      BOOST_TEST(is_close, to_string(reduction.by));
    }
}

BOOST_AUTO_TEST_CASE(a_program_and_reductions_behind_it_have_the_bits_of_one_after_the_other_A4_K7) {
  Program program;
  program.inputs = {Dtype::float32, Dtype::float32};
  program.steps = {{Op::subtract, Dtype::float32, {0, 1, 0}}, {Op::square, Dtype::float32, {2, 0, 0}}};
  program.outputs = {2, 3, 3, 0, 3};
  const std::vector<Block> inputs{noise<float>({7, 31, 1100}, 1, true), noise<float>({31, 1}, 2)};
  std::vector<Reduction> reductions;
  for (const Reducer by : {Reducer::mean, Reducer::nanvar, Reducer::sum, Reducer::argmax, Reducer::min}) reductions.push_back(*reduction_of(by, Dtype::float32));
  const auto values = evaluate(program, inputs, inputs[0].shape());
  for (const Axes& axes : all_axes) {
    const auto fused = evaluate_and_reduce(program, inputs, inputs[0].shape(), reductions, axes);
    BOOST_REQUIRE(fused);
    for (std::size_t k = 0; k < reductions.size(); ++k) BOOST_TEST((fused->at(k) == *reduce(reductions[k], values->at(k), axes)), to_string(reductions[k].by));
    for (const Lanes* lanes : all_lanes()) {
      const auto other = evaluate_and_reduce(program, inputs, inputs[0].shape(), reductions, axes, {}, *lanes);
      for (std::size_t k = 0; k < reductions.size(); ++k) BOOST_TEST((fused->at(k) == other->at(k)), to_string(reductions[k].by) << " with " << lanes->name);
    }
  }
}

BOOST_AUTO_TEST_CASE(folds_of_every_dtype_have_the_same_bits_with_every_instruction_set_A4) {
  for (std::uint8_t by = 0; by < reducer_count; ++by)
    for (std::uint8_t dtype = 0; dtype < dtype_count; ++dtype) {
      const auto reduction = reduction_of(static_cast<Reducer>(by), static_cast<Dtype>(dtype));
      if (!reduction) continue;
      const Block block = with_type(static_cast<Dtype>(dtype), [&]<class T>() {
        if constexpr (std::is_same_v<T, bool>) return Block::make<T>({1030, 3}, [](auto to) { for (std::size_t i = 0; i < to.size(); ++i) to[i] = i % 3 == 0; });
        else if constexpr (std::is_arithmetic_v<T>) return noise<T>({1030, 3}, 77);
        else return Block::make<T>({1030, 3}, [](auto to) { std::memset(static_cast<void*>(to.data()), 0x11, to.size_bytes()); });
      });
      Program program;
      program.inputs = {block.dtype()};
      program.outputs = {0};
      for (const Axes& axes : {Axes{0}, Axes{1}, Axes{0, 1}}) {
        const Block plain = *reduce(*reduction, block, axes);
        for (const Lanes* lanes : all_lanes()) {
          const auto other = evaluate_and_reduce(program, {&block, 1}, block.shape(), {&*reduction, 1}, axes, {}, *lanes);
          BOOST_TEST((other->front() == plain), to_string(reduction->by) << " of " << to_string(block.dtype()));
        }
        BOOST_TEST(static_cast<bool>(finish(*reduction, plain)));
      }
    }
}

BOOST_AUTO_TEST_CASE(nothing_and_one_element_reduce_as_in_numpy) {
  const Block none(Block::of<double>({0, 2}, {}));
  BOOST_TEST((result_of(Reducer::sum, none, {0}) == Block::of<double>({1, 2}, {0, 0})));
  BOOST_TEST((result_of(Reducer::prod, none, {0}) == Block::of<double>({1, 2}, {1, 1})));
  BOOST_TEST(std::isnan(result_of(Reducer::mean, none, {0}).data<double>()[0]));
  BOOST_TEST((result_of(Reducer::any, none, {0}) == Block::of<bool>({1, 2}, {false, false})));
  BOOST_TEST((result_of(Reducer::all, none, {0}) == Block::of<bool>({1, 2}, {true, true})));
  BOOST_TEST(result_of(Reducer::sum, none, {1}).size() == 0);
  BOOST_TEST((result_of(Reducer::sum, Block::of<double>({}, {-0.0}), {}) == Block::of<double>({}, {-0.0})));
  BOOST_TEST(std::isnan(result_of(Reducer::var, Block::of<double>({1}, {3}), {0}, 1).data<double>()[0]));
  BOOST_TEST(one_of<float>(Reducer::mean, {1, 2, 4}) == 7.0F / 3.0F);
  BOOST_TEST(one_of<double>(Reducer::max, {1, inf, 4}) == inf);
}

BOOST_AUTO_TEST_CASE(a_large_offset_does_not_ruin_the_variance) {
  BOOST_TEST(result_of(Reducer::std, Block::of<double>({3}, {1e9 + 1, 1e9 + 2, 1e9 + 3}), {0}, 1).data<double>()[0] == 1.0);
}

BOOST_AUTO_TEST_CASE(wrong_dtypes_axes_and_partials_are_named) {
  BOOST_TEST(reduction_of(Reducer::min, Dtype::complex64).failure().message == "min is not defined for complex64");
  BOOST_TEST(reduction_of(Reducer::mean, Dtype::int8, Dtype::float32).failure().message == "mean has no argument dtype");
  const Reduction sum = *reduction_of(Reducer::sum, Dtype::float64);
  BOOST_TEST(reduce(sum, Block::of<double>({1}, {1}), Axes{1}).failure().message == "axis 1 is not one of the shape (1), or comes after a later one");
  BOOST_TEST(reduce(sum, Block::of<float>({1}, {1}), Axes{0}).failure().message == "sum of float64 was given float32");
  BOOST_TEST(combine(sum, {}).failure().message == "there is no partial to combine");
  const Block wrong = Block::of<double>({2}, {1, 1});
  BOOST_TEST(combine(sum, {&wrong, 1}).failure().message == "a partial of sum is float64 with 1 planes, not float64 (2)");
  BOOST_TEST(!reduce(sum, Block::of<double>({2}, {1, 1}), Axes{0}, {{2}, {3}}));
}

BOOST_AUTO_TEST_SUITE_END()
