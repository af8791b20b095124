#include "arrays/kernels/program.hpp"

#include "arrays/promotion.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

enum class Gives : std::uint8_t { same, component, boolean };
struct Row {
  std::string_view name;
  std::size_t operands;
  std::string_view takes;
  Gives gives;
};
constexpr Row rows[op_count] = {
#define TESSERA_OP(name, operands, takes, gives) {#name, operands, takes, Gives::gives},
#include "arrays/kernels/ops.def"
#undef TESSERA_OP
};
const Row& row_of(Op op) { return rows[static_cast<std::uint8_t>(op)]; }

char letter_of(Dtype dtype) {
  switch (kind_of(dtype)) {
    case Kind::boolean: return 'b';
    case Kind::signed_integer:
    case Kind::unsigned_integer: return 'i';
    case Kind::real_floating: return 'f';
    case Kind::complex_floating: return 'c';
    case Kind::datetime: return 'D';
    case Kind::timedelta: break;
  }
  return 'T';
}

/// "integers, floats or timedelta64[ns]".
std::string words_of(std::string_view takes) {
  std::vector<std::string_view> words;
  for (const char letter : takes) switch (letter) {
      case 'b': words.push_back("bool"); break;
      case 'i': words.push_back("integers"); break;
      case 'F': words.insert(words.end(), {"bool", "integers", "floats"}); break;
      case 'f': words.push_back("floats"); break;
      case 'c': words.push_back("complex numbers"); break;
      case 'D': words.push_back(to_string(Dtype::datetime64)); break;
      default: words.push_back(to_string(Dtype::timedelta64));
    }
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + std::string(words[i]);
  return text;
}

std::string names_of(std::span<const Dtype> dtypes) {
  std::string text;
  for (std::size_t i = 0; i < dtypes.size(); ++i) text += (i == 0 ? "" : i + 1 == dtypes.size() ? " and " : ", ") + std::string(to_string(dtypes[i]));
  return text;
}

/// Arithmetic of points and lengths of time with each other and with numbers.
std::optional<Signature> signature_of_time(Op op, Dtype a, Dtype b) {
  constexpr Dtype point = Dtype::datetime64, length = Dtype::timedelta64;
  const auto factor = [](Dtype dtype) { return is_real_floating(dtype) ? Dtype::float64 : Dtype::int64; };
  const auto is_factor = [](Dtype dtype) { return is_real_floating(dtype) || (is_integer(dtype) && dtype != Dtype::uint64); };
  switch (op) {
    case Op::add:
      if ((a == point && b == length) || (a == length && b == point)) return Signature{{a, b}, point};
      break;
    case Op::subtract:
      if (a == point && b == point) return Signature{{a, b}, length};
      if (a == point && b == length) return Signature{{a, b}, point};
      break;
    case Op::multiply:
      if (a == length && is_factor(b)) return Signature{{a, factor(b)}, length};
      if (is_factor(a) && b == length) return Signature{{factor(a), b}, length};
      break;
    case Op::divide:
      if (a == length && b == length) return Signature{{a, b}, Dtype::float64};
      if (a == length && is_factor(b)) return Signature{{a, factor(b)}, length};
      break;
    case Op::floor_divide:
      if (a == length && b == length) return Signature{{a, b}, Dtype::int64};
      if (a == length && is_factor(b) && is_integer(b)) return Signature{{a, Dtype::int64}, length};
      break;
    default: break;
  }
  return std::nullopt;
}

Failure wrong(std::string sentence) { return {ErrorCode::invalid_argument, std::move(sentence)}; }

/// What is wrong with the step at `index`, whose operands are known.
std::optional<Failure> check_step(const Program& program, std::size_t index) {
  const Step& step = program.steps[index];
  const std::string where = "step " + std::to_string(index) + " of a program, ";
  if (static_cast<std::uint8_t>(step.op) >= op_count) return wrong(where + "has no function " + std::to_string(static_cast<int>(step.op)));
  if (static_cast<std::uint8_t>(step.dtype) >= dtype_count) return wrong(where + "has no dtype " + std::to_string(static_cast<int>(step.dtype)));
  const std::string name = where + std::string(to_string(step.op)) + ", ";
  std::array<Dtype, 3> operands{};
  const std::size_t known = program.inputs.size() + program.constants.size() + index;
  for (std::size_t i = 0; i < step.in.size(); ++i) {
    if (i >= operand_count(step.op) ? step.in[i] != 0 : step.in[i] >= known)
      return wrong(name + "uses register " + std::to_string(step.in[i]) + " of " + std::to_string(known));
    if (i < operand_count(step.op)) operands[i] = program.dtype(step.in[i]);
  }
  const std::span<const Dtype> given(operands.data(), operand_count(step.op));
  if (step.op == Op::cast) {
    if (can_convert(operands[0], step.dtype)) return std::nullopt;
    return Failure{ErrorCode::type_mismatch, name + "does not make " + std::string(to_string(step.dtype)) + " of " + std::string(to_string(operands[0]))};
  }
  const auto signature = signature_of(step.op, given);
  if (!signature) return Failure{ErrorCode::type_mismatch, where + signature.failure().message};
  if (!std::equal(given.begin(), given.end(), signature->operands.begin()))
    return Failure{ErrorCode::type_mismatch, name + "takes " + names_of(std::span(signature->operands).first(given.size())) + ", not " + names_of(given)};
  if (signature->result != step.dtype)
    return Failure{ErrorCode::type_mismatch, name + "gives " + std::string(to_string(signature->result)) + ", not " + std::string(to_string(step.dtype))};
  return std::nullopt;
}

class Writer {
 public:
  void byte(auto value) { bytes.push_back(static_cast<std::byte>(value)); }
  void number(std::size_t value) { byte(value & 255), byte(value >> 8); }
  void raw(std::span<const std::byte> data) { bytes.insert(bytes.end(), data.begin(), data.end()); }
  std::vector<std::byte> bytes;
};

/// Past the end it reads zeros and remembers.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> raw(std::size_t count) {
    static constexpr std::byte zeros[16] = {};
    if (count > bytes_.size()) return is_short = true, bytes_ = {}, std::span(zeros).first(count);
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::uint8_t byte() { return std::to_integer<std::uint8_t>(raw(1)[0]); }
  std::uint16_t number() {
    const auto two = raw(2);
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(two[0]) | std::to_integer<unsigned>(two[1]) << 8);
  }
  std::size_t left() const { return bytes_.size(); }
  bool is_short = false;

 private:
  std::span<const std::byte> bytes_;
};
/// Nothing where a bool is neither 0 nor 1.
std::optional<Make> read_make(Reader& reader, Dtype dtype) {
  Make make{static_cast<Make::Kind>(reader.byte())};
  const std::size_t numbers = reader.byte();
  std::uint64_t offset = 0;
  for (int shift = 0; shift < 64; shift += 8) offset |= std::uint64_t{reader.byte()} << shift;
  make.offset = static_cast<std::int64_t>(offset);
  for (std::size_t i = 0; i < numbers; ++i) {
    const auto element = reader.raw(size_bytes(dtype));
    if (dtype == Dtype::boolean && element[0] > std::byte{1}) return std::nullopt;
    make.numbers.push_back(Scalar::of(dtype, element));
  }
  return make;
}
}  // namespace

std::string_view to_string(Op op) { return row_of(op).name; }

std::optional<Op> op_named(std::string_view name) {
  for (std::uint8_t i = 0; i < op_count; ++i)
    if (rows[i].name == name) return static_cast<Op>(i);
  return std::nullopt;
}

std::size_t operand_count(Op op) { return row_of(op).operands; }

runtime::Result<Signature> signature_of(Op op, std::span<const Dtype> operands) {
  const Row& row = row_of(op);
  const auto refuse = [&] {
    return Failure{ErrorCode::type_mismatch, std::string(row.name) + " takes " + words_of(row.takes) + ", not " + names_of(operands)};
  };
  if (operands.size() != row.operands)
    return wrong(std::string(row.name) + " takes " + std::to_string(row.operands) + " arrays, not " + std::to_string(operands.size()));
  if (operands.size() == 2)
    if (const auto signature = signature_of_time(op, operands[0], operands[1])) return *signature;
  const bool is_where = op == Op::where;
  if (is_where && is_time(operands[0])) return Failure{ErrorCode::type_mismatch, "where takes a condition of bool, not " + std::string(to_string(operands[0]))};
  const auto common = result_type(is_where ? operands.subspan(1) : operands);
  if (!common) return Failure{common.failure().code, std::string(row.name) + ": " + common.failure().message};
  const bool makes_floats = row.takes.find('F') != std::string_view::npos;
  const Dtype dtype = !makes_floats ? *common : op == Op::divide && !is_real_floating(*common) && !is_complex(*common) && !is_time(*common) ? Dtype::float64 : floating_of(*common);
  const char letter = letter_of(dtype);
  if (row.takes.find(letter) == std::string_view::npos && !(makes_floats && letter == 'f')) return refuse();
  Signature signature;
  std::fill_n(signature.operands.begin(), operands.size(), dtype);
  if (is_where) signature.operands[0] = Dtype::boolean;
  signature.result = row.gives == Gives::boolean ? Dtype::boolean : row.gives == Gives::component ? component_of(dtype) : dtype;
  return signature;
}

Dtype Program::dtype(std::size_t index) const {
  if (index < inputs.size()) return inputs[index];
  if (index < inputs.size() + constants.size()) return constants[index - inputs.size()].dtype();
  return steps[index - inputs.size() - constants.size()].dtype;
}

runtime::Result<void> check(const Program& program) {
  if (program.steps.size() > steps_max || program.register_count() > registers_max)
    return wrong("a program has " + std::to_string(program.steps.size()) + " steps and " + std::to_string(program.register_count()) + " registers; " +
                 std::to_string(steps_max) + " and " + std::to_string(registers_max) + " are the most");
  for (const Dtype dtype : program.inputs)
    if (static_cast<std::uint8_t>(dtype) >= dtype_count) return wrong("a program's input has no dtype " + std::to_string(static_cast<int>(dtype)));
  if (program.makes.size() > program.inputs.size()) return wrong("a program makes more inputs than it has");
  for (std::size_t i = 0; i < program.steps.size(); ++i)
    if (auto failure = check_step(program, i)) return *failure;
  if (program.outputs.empty() || program.outputs.size() > outputs_max)
    return wrong("a program has " + std::to_string(program.outputs.size()) + " outputs; 1 to " + std::to_string(outputs_max) + " are possible");
  for (const std::uint16_t output : program.outputs)
    if (output >= program.register_count()) return wrong("a program's output is register " + std::to_string(output) + " of " + std::to_string(program.register_count()));
  return {};
}

std::vector<std::byte> encode(const Program& program) {
  Writer writer;
  for (const std::size_t count : {program.inputs.size(), program.constants.size(), program.steps.size(), program.outputs.size(), program.makes.size()})
    writer.number(count);
  for (const Dtype dtype : program.inputs) writer.byte(dtype);
  for (const Scalar& constant : program.constants) writer.byte(constant.dtype()), writer.raw(constant.raw());
  for (const Step& step : program.steps) {
    writer.byte(step.op), writer.byte(step.dtype);
    for (const std::uint16_t one : step.in) writer.number(one);
  }
  for (const std::uint16_t output : program.outputs) writer.number(output);
  for (const Make& make : program.makes) {
    writer.byte(make.kind), writer.byte(make.numbers.size());
    for (int shift = 0; shift < 64; shift += 8) writer.byte(static_cast<std::uint64_t>(make.offset) >> shift & 255);
    for (const Scalar& one : make.numbers) writer.raw(one.raw());
  }
  return std::move(writer.bytes);
}

runtime::Result<Program> decode(std::span<const std::byte> bytes) {
  const auto broken = [](const std::string& why) { return Failure{ErrorCode::bad_message, "not a program: " + why}; };
  Reader reader(bytes);
  const std::size_t inputs = reader.number(), constants = reader.number(), steps = reader.number(), outputs = reader.number(), makes = reader.number();
  if (reader.is_short || inputs + 2 * constants + 8 * steps + 2 * outputs + 10 * makes > reader.left()) return broken("the bytes end too early");
  Program program;
  for (std::size_t i = 0; i < inputs; ++i) program.inputs.push_back(static_cast<Dtype>(reader.byte()));
  for (std::size_t i = 0; i < constants; ++i) {
    const std::uint8_t dtype = reader.byte();
    if (dtype >= dtype_count) return broken("dtype " + std::to_string(dtype) + " of a constant is not known");
    const auto element = reader.raw(size_bytes(static_cast<Dtype>(dtype)));
    if (dtype == static_cast<std::uint8_t>(Dtype::boolean) && element[0] > std::byte{1}) return broken("a bool is neither 0 nor 1");
    program.constants.push_back(Scalar::of(static_cast<Dtype>(dtype), element));
  }
  for (std::size_t i = 0; i < steps; ++i) {
    Step step{static_cast<Op>(reader.byte()), static_cast<Dtype>(reader.byte()), {}};
    for (std::uint16_t& one : step.in) one = reader.number();
    program.steps.push_back(step);
  }
  for (std::size_t i = 0; i < outputs; ++i) program.outputs.push_back(reader.number());
  if (makes > inputs) return broken("more inputs are made than there are");
  for (std::size_t i = inputs - makes; i < inputs; ++i) {
    if (static_cast<std::uint8_t>(program.inputs[i]) >= dtype_count) return broken("dtype " + std::to_string(static_cast<int>(program.inputs[i])) + " of an input is not known");
    auto make = read_make(reader, program.inputs[i]);
    if (!make) return broken("a bool is neither 0 nor 1");
    program.makes.push_back(std::move(*make));
  }
  if (reader.is_short) return broken("the bytes end too early");
  if (reader.left() > 0) return broken("bytes are left over");
  if (const auto sound = check(program); !sound) return broken(sound.failure().message);
  return program;
}
}  // namespace tessera::arrays::kernels
