#include "arrays/kernels/lanes/lanes.hpp"
#include "arrays/promotion.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <complex>
#include <cstring>
#include <functional>
#include <limits>

using namespace tessera::arrays;
using namespace tessera::arrays::kernels;
using tessera::runtime::ErrorCode;

namespace {
constexpr double inf = std::numeric_limits<double>::infinity(), missing = std::numeric_limits<double>::quiet_NaN();

Program single(Op op, const Signature& signature) {
  Program program;
  Step step{op, signature.result, {}};
  for (std::size_t i = 0; i < operand_count(op); ++i) program.inputs.push_back(signature.operands[i]), step.in[i] = static_cast<std::uint16_t>(i);
  program.steps = {step};
  program.outputs = {static_cast<std::uint16_t>(operand_count(op))};
  return program;
}
Program unary(Op op, Dtype dtype) { return single(op, *signature_of(op, std::vector{dtype})); }
Program binary(Op op, Dtype dtype) { return single(op, *signature_of(op, std::vector{dtype, dtype})); }

/// Elements of every size and sign, with the special ones of the dtype among them; the same for the same seed.
Block samples(Dtype dtype, std::int64_t count, std::uint64_t seed) {
  const auto next = [state = seed * 2 + 1]() mutable {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) ^ (state >> 7);
  };
  return with_type(dtype, [&]<class T>() {
    return Block::make<T>({count}, [&](std::span<T> to) {
      auto draw = next;
      const auto real = [&] {
        static constexpr double specials[] = {0.0, -0.0, 1, -1, 2, 0.5, -2.5, 1.5, inf, -inf, missing, 1e-310, -1e300, 1e300, 3, -7, 0x1p63, -0x1p63, 1e19, 710.5};
        const std::uint64_t bits = draw();
        if (bits % 4 == 0) return specials[bits / 4 % std::size(specials)];
        return std::ldexp(static_cast<double>(static_cast<std::int64_t>(bits % 4001) - 2000) / 1000, static_cast<int>(bits / 4096 % 20) - 8);
      };
      for (T& one : to) {
        if constexpr (std::is_same_v<T, bool>) one = draw() % 2 != 0;
        else if constexpr (std::is_floating_point_v<T>) one = static_cast<T>(real());
        else if constexpr (ComplexElement<T>) one = T(static_cast<typename T::value_type>(real()), static_cast<typename T::value_type>(real()));
        else if constexpr (TimeElement<T>) one = T{draw() % 5 == 0 ? not_a_time : static_cast<std::int64_t>(draw() % 2001) - 1000};
        else if (draw() % 8 == 0) one = draw() % 2 == 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
        else one = static_cast<T>(draw() % 4 == 0 ? draw() : draw() % 20);
      }
    });
  });
}

/// As `==`, but a NaN equals every other.
bool same(const Block& a, const Block& b) {
  if (a.dtype() != b.dtype() || !std::ranges::equal(a.shape(), b.shape())) return false;
  const auto parts = [&]<class T>() {
    const std::span x(reinterpret_cast<const T*>(a.raw().data()), a.raw().size() / sizeof(T));
    const std::span y(reinterpret_cast<const T*>(b.raw().data()), x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      if (std::memcmp(&x[i], &y[i], sizeof(T)) != 0 && !(std::isnan(x[i]) && std::isnan(y[i]))) return false;
    return true;
  };
  const Dtype part = component_of(a.dtype());
  return part == Dtype::float32 ? parts.operator()<float>() : part == Dtype::float64 ? parts.operator()<double>() : a == b;
}

/// Calls `visit(op, signature)` for each function and the dtypes that it takes.
void for_each_signature(const std::function<void(Op, const Signature&)>& visit) {
  for (std::uint8_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    for (std::uint8_t a = 0; a < dtype_count; ++a)
      for (std::uint8_t b = 0; b < (operand_count(op) > 1 || op == Op::cast ? dtype_count : 1); ++b) {
        std::vector<Dtype> operands{static_cast<Dtype>(a), static_cast<Dtype>(b), static_cast<Dtype>(b)};
        if (op == Op::cast) {
          if (can_convert(operands[0], operands[1])) visit(op, {{operands[0]}, operands[1]});
          continue;
        }
        operands.resize(operand_count(op));
        const auto found = signature_of(op, operands);
        if (found && std::equal(operands.begin(), operands.end(), found->operands.begin())) visit(op, *found);
      }
  }
}

template <class T>
T at(const Block& block, std::int64_t i) { return block.data<T>()[static_cast<std::size_t>(i)]; }
Block made(const Program& program, const std::vector<Block>& inputs, const Shape& shape) {
  auto results = evaluate(program, inputs, shape);
  BOOST_REQUIRE_MESSAGE(results, (results ? "" : results.failure().message));
  return results->front();
}
template <Element T>
Block row(const std::vector<T>& values) {
  return Block::of<T>({static_cast<std::int64_t>(values.size())}, values);
}
template <Element T>
Block applied(Op op, const std::vector<T>& a, const std::vector<T>& b) {
  return made(binary(op, dtype_of<T>()), {row(a), row(b)}, {static_cast<std::int64_t>(a.size())});
}
template <Element T>
Block applied(Op op, const std::vector<T>& a) {
  return made(unary(op, dtype_of<T>()), {row(a)}, {static_cast<std::int64_t>(a.size())});
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_evaluate)

BOOST_AUTO_TEST_CASE(every_function_gives_the_same_bits_with_every_instruction_set_and_alone_K7) {
  constexpr std::int64_t count = 2 * 1024 + 37;
  int signatures = 0;
  for_each_signature([&](Op op, const Signature& signature) {
    const Program program = single(op, signature);
    std::vector<Block> inputs;
    for (std::size_t i = 0; i < operand_count(op); ++i) inputs.push_back(samples(signature.operands[i], count, 7 * i + 1));
    const bool can_fail = is_integer(signature.operands[0]) && (op == Op::floor_divide || op == Op::remainder || op == Op::pow);
    if (can_fail) inputs[1] = with_type(signature.operands[1], [&]<class T>() {
      return Block::make<T>({count}, [](std::span<T> to) {
        for (std::size_t i = 0; i < to.size(); ++i)
          if constexpr (std::is_integral_v<T>) to[i] = static_cast<T>(1 + i % 50);
      });
    });
    const std::string what = std::string(to_string(op)) + " of " + std::string(to_string(signature.operands[0]));
    const auto plain = evaluate(program, inputs, Shape{count}, *all_lanes().front());
    BOOST_REQUIRE_MESSAGE(plain, what + ": " + (plain ? "" : plain.failure().message));
    for (const Lanes* lanes : all_lanes()) BOOST_TEST(same(*evaluate(program, inputs, Shape{count}, *lanes)->data(), plain->front()), what << " with " << lanes->name);
    for (std::int64_t i = 0; i < count; i += 41) {  // One element alone is what it is in a tile.
      std::vector<Block> one;
      for (const Block& input : inputs) {
        BlockBuilder builder(input.dtype(), Shape{});
        std::memcpy(builder.raw().data(), input.raw().data() + static_cast<std::size_t>(i) * size_bytes(input.dtype()), builder.raw().size());
        one.push_back(std::move(builder).freeze());
      }
      const Block alone = made(program, one, {});
      BlockBuilder among(signature.result, Shape{});
      std::memcpy(among.raw().data(), plain->front().raw().data() + static_cast<std::size_t>(i) * size_bytes(signature.result), among.raw().size());
      BOOST_TEST(same(alone, std::move(among).freeze()), what);
    }
    ++signatures;
  });
  BOOST_TEST(signatures > 500);
  BOOST_TEST_MESSAGE(signatures << " signatures, " << all_lanes().size() << " instruction sets");
}

// Against the C++ operators and libm in long double: exact where IEEE says so (A1), else within the bound of docs/arrays.md.
BOOST_AUTO_TEST_CASE(functions_of_float64_are_within_their_bound_of_ulp_A1) {
  using Real = long double (*)(long double);
  struct Bound { Op op; Real exact; double ulp; };
  const Bound bounds[] = {
      {Op::sqrt, [](long double x) { return std::sqrt(x); }, 0.5}, {Op::floor, [](long double x) { return std::floor(x); }, 0},
      {Op::ceil, [](long double x) { return std::ceil(x); }, 0}, {Op::trunc, [](long double x) { return std::trunc(x); }, 0},
      {Op::round, [](long double x) { return std::nearbyint(x); }, 0}, {Op::abs, [](long double x) { return std::abs(x); }, 0},
      {Op::sin, [](long double x) { return std::sin(x); }, 1}, {Op::cos, [](long double x) { return std::cos(x); }, 1},
      {Op::exp, [](long double x) { return std::exp(x); }, 1}, {Op::log, [](long double x) { return std::log(x); }, 1},
      {Op::tan, [](long double x) { return std::tan(x); }, 1}, {Op::asin, [](long double x) { return std::asin(x); }, 1},
      {Op::acos, [](long double x) { return std::acos(x); }, 1}, {Op::atan, [](long double x) { return std::atan(x); }, 1},
      {Op::sinh, [](long double x) { return std::sinh(x); }, 2}, {Op::cosh, [](long double x) { return std::cosh(x); }, 2},
      {Op::tanh, [](long double x) { return std::tanh(x); }, 2}, {Op::asinh, [](long double x) { return std::asinh(x); }, 2},
      {Op::acosh, [](long double x) { return std::acosh(x); }, 2}, {Op::atanh, [](long double x) { return std::atanh(x); }, 2},
      {Op::expm1, [](long double x) { return std::expm1(x); }, 1}, {Op::log1p, [](long double x) { return std::log1p(x); }, 1},
      {Op::log2, [](long double x) { return std::log2(x); }, 1}, {Op::log10, [](long double x) { return std::log10(x); }, 2}};
  Block inputs[] = {samples(Dtype::float64, 20000, 3), Block::make<double>({40000}, [](std::span<double> to) {
                      for (std::size_t i = 0; i < to.size(); ++i) to[i] = (static_cast<double>(i) - 20000) * 0.0078125 * 1.0009;  // -156 to 156.
                      for (std::size_t i = 0; i < 600; ++i) to[i] = 1.5707963267948966 * static_cast<double>(i);       // Next to zeros.
                      to[600] = 0x1.93c05c9ed3cbcp+18, to[601] = 0x1.93c05c9ed3cbcp+19;  // As next to 263205 * pi / 2 as a double can be.
                      for (std::size_t i = 602; i < 1400; ++i) to[i] = std::ldexp(1.0 + static_cast<double>(i) / 4096, static_cast<int>(i) - 1000);
                    })};
  for (const Bound& bound : bounds)
    for (const Block& input : inputs) {
      const Block result = made(unary(bound.op, Dtype::float64), {input}, {input.size()});
      double worst = 0, where = 0;
      for (std::int64_t i = 0; i < input.size(); ++i) {
        const double x = at<double>(input, i), got = at<double>(result, i);
        const long double exact = bound.exact(x);
        const double rounded = static_cast<double>(exact);
        if (std::isnan(exact) || std::isinf(rounded) || rounded == 0) {
          if (!(std::isnan(exact) ? std::isnan(got) : got == rounded && std::signbit(got) == std::signbit(rounded))) worst = inf, where = x;
          continue;
        }
        const double ulp = std::abs(std::nextafter(rounded, inf) - rounded);
        const auto error = static_cast<double>(std::abs(static_cast<long double>(got) - exact) / ulp);
        if (!(error <= worst)) worst = error, where = x;
      }
      BOOST_TEST(worst <= bound.ulp + 1e-3, to_string(bound.op) << " is " << worst << " ulp off at " << where);
    }
}

BOOST_AUTO_TEST_CASE(functions_of_float32_are_those_of_float64_rounded_once) {
  const Block input = samples(Dtype::float32, 5000, 5);
  for (const Op op : {Op::sin, Op::cos, Op::exp, Op::log, Op::tan, Op::log2, Op::expm1}) {
    const Block result = made(unary(op, Dtype::float32), {input}, {5000});
    Program wide;
    wide.inputs = {Dtype::float32};
    wide.steps = {{Op::cast, Dtype::float64, {0, 0, 0}}, {op, Dtype::float64, {1, 0, 0}}, {Op::cast, Dtype::float32, {2, 0, 0}}};
    wide.outputs = {3};
    BOOST_TEST(same(result, made(wide, {input}, {5000})), to_string(op));
  }
}

BOOST_AUTO_TEST_CASE(integers_wrap_and_divide_towards_minus_infinity_A1) {
  BOOST_TEST((applied<std::int8_t>(Op::add, {127, -128, 5}, {1, -1, 6}) == row<std::int8_t>({-128, 127, 11})));
  BOOST_TEST((applied<std::int16_t>(Op::multiply, {-32768, 300}, {-1, 300}) == row<std::int16_t>({-32768, 24464})));
  BOOST_TEST((applied<std::uint16_t>(Op::multiply, {65535}, {65535}) == row<std::uint16_t>({1})));
  BOOST_TEST((applied<std::uint8_t>(Op::subtract, {3}, {5}) == row<std::uint8_t>({254})));
  BOOST_TEST((applied<std::int8_t>(Op::negative, {-128, 1}) == row<std::int8_t>({-128, -1})));
  BOOST_TEST((applied<std::int8_t>(Op::abs, {-128, -7}) == row<std::int8_t>({-128, 7})));
  BOOST_TEST((applied<int>(Op::floor_divide, {7, -7, 7, -7}, {2, 2, -2, -2}) == row<int>({3, -4, -4, 3})));
  BOOST_TEST((applied<int>(Op::remainder, {7, -7, 7, -7, 6}, {2, 2, -2, -2, -3}) == row<int>({1, 1, -1, -1, 0})));
  BOOST_TEST((applied<std::int64_t>(Op::floor_divide, {std::numeric_limits<std::int64_t>::min()}, {-1}) ==
              row<std::int64_t>({std::numeric_limits<std::int64_t>::min()})));
  BOOST_TEST((applied<std::int8_t>(Op::pow, {2, -3, 2}, {6, 3, 7}) == row<std::int8_t>({64, -27, -128})));
  BOOST_TEST((applied<std::int8_t>(Op::bitwise_right_shift, {-1, 100, -100, -100}, {8, 9, 100, -1}) == row<std::int8_t>({-1, 0, -1, -1})));
  BOOST_TEST((applied<std::int8_t>(Op::bitwise_left_shift, {1, 3, 1}, {7, 8, -1}) == row<std::int8_t>({-128, 0, 0})));
}

BOOST_AUTO_TEST_CASE(floats_divide_and_compare_as_numpy_has_them_A1) {
  const std::vector<double> a{1, -1, 0, inf, 5, -5, 1, 5, -1e-300}, b{0, 0, 0, 2, inf, inf, -inf, -0.0, 1e300};
  BOOST_TEST(same(applied(Op::floor_divide, a, b), row<double>({inf, -inf, missing, missing, 0, -1, -1, -inf, -1})));
  BOOST_TEST(same(applied(Op::remainder, a, b), row<double>({missing, missing, missing, missing, 5, inf, -inf, missing, 1e300})));
  BOOST_TEST(same(applied<double>(Op::remainder, {-0.0, 4, -4}, {2, -2, 2}), row<double>({0.0, -0.0, 0.0})));
  BOOST_TEST(same(applied<double>(Op::maximum, {missing, 1, 2}, {1, missing, 3}), row<double>({missing, missing, 3})));
  BOOST_TEST(same(applied<double>(Op::minimum, {missing, 1, 2}, {1, missing, 3}), row<double>({missing, missing, 2})));
  BOOST_TEST((applied<double>(Op::less_equal, {missing, 1, -0.0}, {missing, 1, 0.0}) == row<bool>({false, true, true})));
  BOOST_TEST((applied<double>(Op::not_equal, {missing, 1}, {missing, 1}) == row<bool>({true, false})));
  BOOST_TEST(same(applied<double>(Op::sign, {-0.0, missing, -3, inf}), row<double>({0.0, missing, -1, 1})));
  BOOST_TEST(same(applied<double>(Op::round, {0.5, 1.5, -0.5, 2.5}), row<double>({0, 2, -0.0, 2})));
  BOOST_TEST((applied<float>(Op::signbit, {-0.0F, 0.0F, -1}) == row<bool>({true, false, true})));
}

BOOST_AUTO_TEST_CASE(time_is_not_a_time_where_an_operand_is_not) {
  const auto times = [](const std::vector<std::int64_t>& ns) {
    return Block::make<Timedelta>({static_cast<std::int64_t>(ns.size())}, [&](auto to) { std::memcpy(to.data(), ns.data(), to.size_bytes()); });
  };
  const Program sum = binary(Op::add, Dtype::timedelta64), less = binary(Op::less, Dtype::timedelta64);
  const Block a = times({1, not_a_time, 5}), b = times({2, 3, not_a_time});
  BOOST_TEST((made(sum, {a, b}, {3}) == times({3, not_a_time, not_a_time})));
  BOOST_TEST((made(less, {a, b}, {3}) == row<bool>({true, false, false})));
  const Program half = single(Op::divide, *signature_of(Op::divide, std::vector{Dtype::timedelta64, Dtype::int64}));
  BOOST_TEST((made(half, {times({7, -7, not_a_time}), row<std::int64_t>({2, 2, 2})}, {3}) == times({3, -3, not_a_time})));
}

BOOST_AUTO_TEST_CASE(a_zero_that_integers_are_divided_by_is_an_error_that_says_so) {
  for (const Op op : {Op::floor_divide, Op::remainder}) {
    const auto result = evaluate(binary(op, Dtype::int16), std::vector{row<std::int16_t>({1, 2}), row<std::int16_t>({1, 0})}, Shape{2});
    BOOST_REQUIRE(!result);
    BOOST_TEST((result.failure().code == ErrorCode::invalid_argument));
    BOOST_TEST(result.failure().message == std::string(to_string(op)) + ": an integer was divided by zero");
  }
  const auto power = evaluate(binary(Op::pow, Dtype::int8), std::vector{row<std::int8_t>({2}), row<std::int8_t>({-1})}, Shape{1});
  BOOST_TEST(power.failure().message == "pow: an integer was raised to a negative power; convert it to float64 first");
}

BOOST_AUTO_TEST_CASE(inputs_broadcast_against_the_shape) {
  const Shape shape{3, 40, 5, 7};
  const auto index = [](const Shape& own) {
    return Block::make<double>(own, [](std::span<double> to) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<double>(i);
    });
  };
  const std::vector<Shape> shapes{{3, 40, 5, 7}, {}, {1}, {7}, {5, 1}, {40, 1, 7}, {3, 1, 5, 1}, {3, 1, 1, 1}, {1, 40, 5, 7}, {1, 1, 1, 1}};
  for (const Shape& a : shapes)
    for (const Shape& b : shapes) {
      const Block sum = made(binary(Op::add, Dtype::float64), {index(a), index(b)}, shape);
      const auto value = [&](const Shape& own, const Shape& at) {
        std::int64_t flat = 0;
        for (std::size_t i = 0; i < own.size(); ++i) flat = flat * own[i] + (own[i] == 1 ? 0 : at[at.size() - own.size() + i]);
        return static_cast<double>(flat);
      };
      bool is_right = true;
      std::int64_t flat = 0;
      for (Shape at{0, 0, 0, 0}; at[0] < 3; ++flat) {
        is_right = is_right && sum.data<double>()[static_cast<std::size_t>(flat)] == value(a, at) + value(b, at);
        for (std::size_t d = 4; d-- > 0;) {
          if (++at[d] < shape[d] || d == 0) break;
          at[d] = 0;
        }
      }
      BOOST_TEST(is_right, to_string(a) << " with " << to_string(b));
    }
  const auto wrong = evaluate(unary(Op::abs, Dtype::float64), std::vector{index({3})}, Shape{4});
  BOOST_TEST(wrong.failure().message == "a block of the shape (3) does not broadcast to (4)");
  BOOST_TEST((made(unary(Op::abs, Dtype::float64), {index({0, 4})}, {0, 4}) == index({0, 4})));
  BOOST_TEST((made(unary(Op::abs, Dtype::float64), {index({1, 4})}, {0, 4}) == index({0, 4})));
}

BOOST_AUTO_TEST_CASE(blocks_are_read_where_their_layout_says) {
  for (const Dtype dtype : {Dtype::int8, Dtype::int16, Dtype::float32, Dtype::float64, Dtype::complex128}) {
    const std::int64_t rows = 19, columns = 1030, planes = 2;
    const Block x = samples(dtype, planes * rows * columns, 5);
    // Planes as they are, columns as rows, from the last column on: more than a tile, and a number of rows that is no multiple of eight.
    const Layout turned{columns - 1, {rows * columns, -1, columns}}, plain{0, {rows * columns, 1, columns}};
    const Shape shape{planes, columns, rows};
    Program program{{dtype, dtype}, {}, {{Op::add, dtype, {0, 1, 0}}}, {2}};
    const auto sum = evaluate(program, std::vector{x, x}, shape, Place{}, std::vector{turned, plain});
    BOOST_REQUIRE(sum);
    const std::size_t each = size_bytes(dtype);
    BlockBuilder a(dtype, shape), b(dtype, shape);
    std::size_t to = 0;
    for (std::int64_t p = 0; p < planes; ++p)
      for (std::int64_t i = 0; i < columns; ++i)
        for (std::int64_t j = 0; j < rows; ++j, to += each) {
          const auto from = [&](const Layout& at) { return x.raw().data() + static_cast<std::size_t>(at.offset + p * at.strides[0] + i * at.strides[1] + j * at.strides[2]) * each; };
          std::copy_n(from(turned), each, a.raw().data() + to);
          std::copy_n(from(plain), each, b.raw().data() + to);
        }
    BOOST_TEST(same(sum->front(), made(program, {std::move(a).freeze(), std::move(b).freeze()}, shape)), to_string(dtype));
    BOOST_TEST(!evaluate(program, std::vector{x, x}, shape, Place{}, std::vector{turned, Layout{1, plain.strides}}));
    BOOST_TEST(!evaluate(program, std::vector{x, x}, shape, Place{}, std::vector{turned, Layout{0, {1, 1}}}));
    BOOST_TEST(!evaluate(program, std::vector{x, x}, shape, Place{}, std::vector{turned}));
  }
}

BOOST_AUTO_TEST_CASE(what_a_program_makes_has_the_bits_of_the_block) {
  const Make range{Make::Kind::range, {Scalar::of(0.1), Scalar::of(0.3)}}, normal{Make::Kind::normal, {}, 3};
  const Program program{{Dtype::float64, Dtype::float64}, {}, {{Op::add, Dtype::float64, {0, 1, 0}}}, {2}, {range, normal}};
  const std::int64_t beyond_exact = (std::int64_t{1} << 53) - 100;
  for (const std::int64_t start : {std::int64_t{0}, std::int64_t{1234}, beyond_exact}) {
    const Shape count{2000}, whole{start + 2000};
    const auto fused = evaluate(program, {}, count, {{start}, whole});
    BOOST_REQUIRE(fused);
    const Block a = *kernels::made(range, Dtype::float64, Shape{start}, count, whole), b = *kernels::made(normal, Dtype::float64, Shape{start}, count, whole);
    BOOST_TEST(same(fused->front(), made(binary(Op::add, Dtype::float64), {a, b}, count)));
    for (std::size_t i = 0; i < 2000; ++i) BOOST_REQUIRE(at<double>(a, i) == 0.1 + 0.3 * static_cast<double>(start + static_cast<std::int64_t>(i)));
  }
  BOOST_TEST(!evaluate(program, {}, Shape{10}));                         // It is not said where that lies.
  BOOST_TEST(!evaluate(program, {}, Shape{10}, {{5}, {10}}));            // Beyond the whole.
  BOOST_TEST(!evaluate(program, {}, Shape{2, 5}, {{0, 0}, {2, 5}}));     // A range has one dimension.
  BOOST_TEST((*decode(encode(program)) == program));
}

BOOST_AUTO_TEST_CASE(a_fused_chain_has_the_bits_of_its_steps_one_by_one_K7) {
  const Block x = samples(Dtype::float64, 5000, 21), y = samples(Dtype::float64, 5000, 22);
  Program chain;  // sqrt(x * x + y * y) * 0.5 + sin(x), and x < y where ... twice: outputs, an input and a repeated register.
  chain.inputs = {Dtype::float64, Dtype::float64};
  chain.constants = {Scalar::of(0.5)};
  using enum Dtype;
  chain.steps = {{Op::square, float64, {0, 0, 0}}, {Op::multiply, float64, {1, 1, 0}}, {Op::add, float64, {3, 4, 0}}, {Op::sqrt, float64, {5, 0, 0}},
                 {Op::multiply, float64, {6, 2, 0}}, {Op::sin, float64, {0, 0, 0}}, {Op::add, float64, {7, 8, 0}}, {Op::less, boolean, {9, 1, 0}}};
  chain.outputs = {9, 10, 1, 9, 2};
  const auto fused = evaluate(chain, std::vector{x, y}, Shape{5000});
  BOOST_REQUIRE(fused);
  const auto two = [](Op op, const Block& a, const Block& b) { return made(binary(op, float64), {a, b}, {5000}); };
  const auto one = [](Op op, const Block& a) { return made(unary(op, float64), {a}, {5000}); };
  const Block root = one(Op::sqrt, two(Op::add, one(Op::square, x), two(Op::multiply, y, y)));
  const Block sum = two(Op::add, two(Op::multiply, root, Block::of<double>({}, {0.5})), one(Op::sin, x));
  BOOST_TEST(same(fused->at(0), sum));
  BOOST_TEST((fused->at(1) == two(Op::less, sum, y)));
  BOOST_TEST((fused->at(2) == y));
  BOOST_TEST((fused->at(3) == fused->at(0)));
  BOOST_TEST(at<double>(fused->at(4), 4999) == 0.5);
}

BOOST_AUTO_TEST_CASE(a_result_that_is_read_again_later_is_kept_until_then) {
  Program program;  // a = x + x, b = a * a, c = b - x, a + c.
  program.inputs = {Dtype::float64};
  using enum Dtype;
  program.steps = {{Op::add, float64, {0, 0, 0}}, {Op::multiply, float64, {1, 1, 0}}, {Op::subtract, float64, {2, 0, 0}}, {Op::add, float64, {1, 3, 0}}};
  program.outputs = {4};
  BOOST_TEST((made(program, {row<double>({3, 5})}, {2}) == row<double>({6 + 33, 10 + 95})));
}

BOOST_AUTO_TEST_SUITE_END()
