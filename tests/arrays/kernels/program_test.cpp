#include "arrays/kernels/program.hpp"

#include "serialization/program_codec.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::arrays;
using namespace tessera::arrays::kernels;
using tessera::runtime::ErrorCode;
using enum Dtype;

namespace {
/// sqrt(x * x + 2) of a float32, cast to float64, and x < 2.
Program sample() {
  Program program;
  program.inputs = {float32};
  program.constants = {Scalar::of(2.0F)};
  program.steps = {{Op::multiply, float32, {0, 0, 0}}, {Op::add, float32, {2, 1, 0}}, {Op::sqrt, float32, {3, 0, 0}},
                   {Op::cast, float64, {4, 0, 0}}, {Op::less, boolean, {0, 1, 0}}};
  program.outputs = {5, 6};
  return program;
}
std::string signature(Op op, const std::vector<Dtype>& operands) {
  const auto found = signature_of(op, operands);
  if (!found) return found.failure().message;
  std::string text;
  for (std::size_t i = 0; i < operands.size(); ++i) text += (i > 0 ? "," : "") + std::string(to_string(found->operands[i]));
  return text + "->" + std::string(to_string(found->result));
}
std::string refusal(auto&& change) {
  Program program = sample();
  change(program);
  const auto sound = check(program);
  return sound ? "" : sound.failure().message;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_program)

BOOST_AUTO_TEST_CASE(every_function_has_a_name_and_takes_what_its_signature_says) {
  for (std::uint8_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    BOOST_TEST((op_named(to_string(op)) == op));
    if (op == Op::cast) continue;
    int taken = 0;
    for (std::uint8_t a = 0; a < dtype_count; ++a)
      for (std::uint8_t b = 0; b < dtype_count; ++b) {
        const std::vector<Dtype> all{static_cast<Dtype>(a), static_cast<Dtype>(b), static_cast<Dtype>(b)};
        const std::span operands = std::span(all).first(operand_count(op));
        const auto found = signature_of(op, operands);
        if (!found) continue;
        ++taken;
        const auto again = signature_of(op, std::span(found->operands).first(operands.size()));
        BOOST_REQUIRE(again);
        BOOST_TEST((again->operands == found->operands && again->result == found->result), to_string(op));
      }
    BOOST_TEST(taken > 0, to_string(op));
  }
}

BOOST_AUTO_TEST_CASE(signatures_are_those_of_the_standard_and_numpy) {
  BOOST_TEST(signature(Op::add, {int8, uint8}) == "int16,int16->int16");
  BOOST_TEST(signature(Op::divide, {int8, int8}) == "float64,float64->float64");
  BOOST_TEST(signature(Op::divide, {float32, int8}) == "float32,float32->float32");
  BOOST_TEST(signature(Op::sqrt, {int64}) == "float64->float64");
  BOOST_TEST(signature(Op::sin, {int16}) == "float32->float32");
  BOOST_TEST(signature(Op::abs, {complex64}) == "complex64->float32");
  BOOST_TEST(signature(Op::less, {int8, float32}) == "float32,float32->bool");
  BOOST_TEST(signature(Op::where, {boolean, int8, float64}) == "bool,float64,float64->float64");
  BOOST_TEST(signature(Op::subtract, {datetime64, datetime64}) == "datetime64[ns],datetime64[ns]->timedelta64[ns]");
  BOOST_TEST(signature(Op::add, {datetime64, timedelta64}) == "datetime64[ns],timedelta64[ns]->datetime64[ns]");
  BOOST_TEST(signature(Op::multiply, {timedelta64, int8}) == "timedelta64[ns],int64->timedelta64[ns]");
  BOOST_TEST(signature(Op::divide, {timedelta64, timedelta64}) == "timedelta64[ns],timedelta64[ns]->float64");
}

BOOST_AUTO_TEST_CASE(a_dtype_that_a_function_does_not_take_is_named) {
  BOOST_TEST(signature(Op::sin, {datetime64}) == "sin takes bool, integers, floats or complex numbers, not datetime64[ns]");
  BOOST_TEST(signature(Op::subtract, {boolean, boolean}) == "subtract takes integers, floats, complex numbers or timedelta64[ns], not bool and bool");
  BOOST_TEST(signature(Op::less, {complex64, complex64}) == "less takes bool, integers, floats, datetime64[ns] or timedelta64[ns], not complex64 and complex64");
  BOOST_TEST(signature(Op::add, {datetime64, datetime64}) == "add takes bool, integers, floats, complex numbers or timedelta64[ns], not datetime64[ns] and datetime64[ns]");
  BOOST_TEST(signature(Op::add, {int64, uint64}) == "add: there is no dtype for int64 and uint64 together; convert one of them with astype first");
  BOOST_TEST(signature(Op::add, {int64}) == "add takes 2 arrays, not 1");
}

BOOST_AUTO_TEST_CASE(a_program_comes_back_from_its_bytes) {
  const auto bytes = encode(sample());
  const auto decoded = decode(bytes);
  BOOST_REQUIRE(decoded);
  BOOST_TEST((*decoded == sample()));
  BOOST_TEST(bytes.size() == 10u + 1 + 5 + 5 * 8 + 2 * 2);
  using tessera::serialization::decode_value, tessera::serialization::encode_value;
  const auto value = decode_value<Program>(encode_value(sample()));
  BOOST_REQUIRE(value);
  BOOST_TEST((*value == sample()));
  const Reduction spread = *reduction_of(Reducer::std, float32, {}, 1);
  BOOST_TEST((*decode_value<Reduction>(encode_value(spread)) == spread));
  BOOST_TEST(!decode_value<Reduction>(encode_value(Reduction{Reducer::sum, int8, float32, 0})));
}

BOOST_AUTO_TEST_CASE(a_cut_anywhere_and_any_changed_byte_is_refused_or_another_sound_program) {
  const auto bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode(std::span(bytes).first(size));
    BOOST_REQUIRE(!decoded);
    BOOST_TEST((decoded.failure().code == ErrorCode::bad_message));
  }
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      auto changed = bytes;
      changed[at] = static_cast<std::byte>(value);
      const auto decoded = decode(changed);
      if (decoded) BOOST_TEST(static_cast<bool>(check(*decoded)));
    }
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_sound_is_refused_with_its_step) {
  BOOST_TEST(refusal([](Program&) {}) == "");
  BOOST_TEST(refusal([](Program& p) { p.steps[1].in[1] = 3; }) == "step 1 of a program, add, uses register 3 of 3");
  BOOST_TEST(refusal([](Program& p) { p.steps[2].in[2] = 1; }) == "step 2 of a program, sqrt, uses register 1 of 4");
  BOOST_TEST(refusal([](Program& p) { p.steps[0].dtype = float64; }) == "step 0 of a program, multiply, gives float32, not float64");
  BOOST_TEST(refusal([](Program& p) { p.steps[4].in[0] = 5; }) == "step 4 of a program, less, takes float64 and float64, not float64 and float32");
  BOOST_TEST(refusal([](Program& p) { p.steps[3] = {Op::cast, datetime64, {4, 0, 0}}; }) == "step 3 of a program, cast, does not make datetime64[ns] of float32");
  BOOST_TEST(refusal([](Program& p) { p.outputs.clear(); }) == "a program has 0 outputs; 1 to 64 are possible");
  BOOST_TEST(refusal([](Program& p) { p.outputs[0] = 7; }) == "a program's output is register 7 of 7");
  BOOST_TEST(refusal([](Program& p) { p.steps.assign(steps_max + 1, p.steps[0]); }).starts_with("a program has 4097 steps"));
}

BOOST_AUTO_TEST_SUITE_END()
