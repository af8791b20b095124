// The kernels against the corpus: element-wise programs over whole arrays, reductions over each chunking (A1, A4, A5).
#include "tests/arrays/corpus.hpp"

#include "arrays/kernels/layout.hpp"
#include "arrays/kernels/program.hpp"
#include "arrays/kernels/reduction.hpp"
#include "arrays/promotion.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

using namespace tessera;
using namespace tessera::arrays;
using nlohmann::json;
using runtime::Failure;
using runtime::Result;

namespace {
/// The runner does not know how to do the case: neither right nor wrong.
struct Unknown {};

Shape broadcast(const Shape& a, ShapeView b) {
  Shape both(std::max(a.size(), b.size()), 1);
  const auto length = [&](ShapeView of, std::size_t d) { return d < of.size() ? of[of.size() - 1 - d] : 1; };
  for (std::size_t d = 0; d < both.size(); ++d) both[both.size() - 1 - d] = length(a, d) == 1 ? length(b, d) : length(a, d);
  return both;
}

/// An element-wise case as a program of its arrays.
class Compiler {
 public:
  explicit Compiler(const corpus::File& file) : file_(file) {}

  Result<Block> run(const json& argument) {
    const auto last = compile(argument);
    if (!last) return last.failure();
    for (const Block& input : inputs_) program_.inputs.push_back(input.dtype());
    const auto renumber = [&](std::size_t number) {  // Steps come behind the inputs, whose number is known only now.
      return static_cast<std::uint16_t>(number >= first_step ? number - first_step + inputs_.size() : number);
    };
    for (auto& step : program_.steps)
      for (std::size_t i = 0; i < kernels::operand_count(step.op); ++i) step.in[i] = renumber(step.in[i]);
    program_.outputs = {renumber(*last)};
    auto blocks = kernels::evaluate(program_, inputs_, shape_);
    if (!blocks) return blocks.failure();
    return blocks->at(0);
  }

 private:
  static constexpr std::size_t first_step = 10'000;

  std::uint16_t input(Block block) {
    shape_ = broadcast(shape_, block.shape());
    inputs_.push_back(std::move(block));
    return static_cast<std::uint16_t>(inputs_.size() - 1);
  }
  std::uint16_t step(kernels::Op op, Dtype dtype, const std::array<std::uint16_t, 3>& in) {
    program_.steps.push_back({op, dtype, in});
    return static_cast<std::uint16_t>(first_step + program_.steps.size() - 1);
  }
  Dtype dtype(std::uint16_t number) const {
    return number >= first_step ? program_.steps[number - first_step].dtype : inputs_[number].dtype();
  }

  Result<std::uint16_t> compile(const json& argument) {
    if (argument.contains("array")) return input(file_.array(argument["array"].get<std::size_t>()));
    if (!argument.contains("call")) throw Unknown{};
    const json& call = argument["call"];
    const auto op = kernels::op_named(call["function"].get<std::string>());
    const json& arguments = call["arguments"];
    if (!op || call.contains("keywords") || arguments.size() != kernels::operand_count(*op) || *op == kernels::Op::cast) throw Unknown{};
    std::array<std::uint16_t, 3> in{};
    std::vector<Dtype> dtypes(arguments.size());
    std::optional<Dtype> of_arrays;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (arguments[i].contains("scalar")) continue;
      const auto made = compile(arguments[i]);
      if (!made) return made.failure();
      in[i] = *made;
      dtypes[i] = dtype(in[i]);
      of_arrays = of_arrays.value_or(dtypes[i]);
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (!arguments[i].contains("scalar")) continue;
      if (arguments[i]["scalar"].is_null()) throw Unknown{};
      in[i] = input(scalar(*of_arrays, arguments[i]["scalar"]));
      dtypes[i] = *of_arrays;
    }
    const auto signature = kernels::signature_of(*op, dtypes);
    if (!signature) return signature.failure();
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (signature->operands[i] != dtypes[i]) in[i] = step(kernels::Op::cast, signature->operands[i], {in[i], 0, 0});
    return step(*op, signature->result, in);
  }

  static Block scalar(Dtype dtype, const json& value) {
    return with_type(dtype, [&]<class T>() {
      if constexpr (TimeElement<T>) return Block();
      else return Block::make<T>(ShapeView(), [&](std::span<T> to) { to[0] = static_cast<T>(value.get<double>()); });
    });
  }

  const corpus::File& file_;
  kernels::Program program_;
  std::vector<Block> inputs_;
  Shape shape_;
};

/// The chunks of an array as the corpus cuts it, and where they lie.
struct Chunks {
  std::vector<std::vector<std::int64_t>> lengths;
  Shape grid() const {
    Shape grid;
    for (const auto& one : lengths) grid.push_back(static_cast<std::int64_t>(one.size()));
    return grid;
  }
  Shape start(ShapeView at) const {
    Shape start;
    for (std::size_t d = 0; d < lengths.size(); ++d)
      start.push_back(std::accumulate(lengths[d].begin(), lengths[d].begin() + at[d], std::int64_t{0}));
    return start;
  }
  Shape shape(ShapeView at) const {
    Shape shape;
    for (std::size_t d = 0; d < lengths.size(); ++d) shape.push_back(lengths[d][static_cast<std::size_t>(at[d])]);
    return shape;
  }
};

/// A reduction of chunks: partials of each, combined along the axes in the order of chunks.
class Reducing {
 public:
  Reducing(kernels::Reduction reduction, const Block& block, Chunks chunks, std::vector<std::size_t> axes)
      : reduction_(reduction), block_(block), chunks_(std::move(chunks)), axes_(std::move(axes)), at_(block.rank(), 0) {}
  Result<Block> run() { return join(0); }

 private:
  /// The results of all chunks along the dimensions from `d` on, side by side.
  Result<Block> join(std::size_t d) {
    while (d < block_.rank() && std::ranges::count(axes_, d) > 0) ++d;
    if (d == block_.rank()) return finished();
    std::vector<Block> parts;
    for (at_[d] = 0; at_[d] < chunks_.grid()[d]; ++at_[d]) {
      auto part = join(d + 1);
      if (!part) return part.failure();
      parts.push_back(std::move(*part));
    }
    return kernels::concatenate(parts, d);
  }
  Result<Block> finished() {
    std::vector<Block> partials;
    if (const auto done = collect(0, partials); !done) return done.failure();
    const auto all = kernels::combine(reduction_, partials);
    if (!all) return all.failure();
    return kernels::finish(reduction_, *all);
  }
  /// The partials of the chunks along the reduced axes, in C order.
  Result<void> collect(std::size_t i, std::vector<Block>& partials) {
    if (i == axes_.size()) {
      const auto chunk = kernels::slice(block_, chunks_.start(at_), chunks_.shape(at_));
      if (!chunk) return chunk.failure();
      auto partial = kernels::reduce(reduction_, *chunk, axes_, {chunks_.start(at_), {block_.shape().begin(), block_.shape().end()}});
      if (!partial) return partial.failure();
      partials.push_back(std::move(*partial));
      return {};
    }
    for (at_[axes_[i]] = 0; at_[axes_[i]] < chunks_.grid()[axes_[i]]; ++at_[axes_[i]])
      if (const auto done = collect(i + 1, partials); !done) return done;
    return {};
  }

  kernels::Reduction reduction_;
  const Block& block_;
  Chunks chunks_;
  std::vector<std::size_t> axes_;
  Shape at_;
};

/// The axes that a keyword names; a failure where they are not those of the array.
Result<std::vector<std::size_t>> axes_of(const json& keywords, std::size_t rank) {
  std::vector<std::int64_t> named;
  if (!keywords.contains("axis")) {
    named.resize(rank);
    std::iota(named.begin(), named.end(), 0);
  } else if (keywords["axis"].is_array()) named = keywords["axis"].get<std::vector<std::int64_t>>();
  else named = {keywords["axis"].get<std::int64_t>()};
  std::vector<std::size_t> axes;
  for (const std::int64_t one : named) {
    const auto axis = static_cast<std::size_t>(one < 0 ? one + static_cast<std::int64_t>(rank) : one);
    if (axis >= rank || std::ranges::count(axes, axis) > 0) throw Unknown{};  // Refused by who calls the kernels.
    axes.push_back(axis);
  }
  std::ranges::sort(axes);
  return axes;
}

Result<Block> reduced(const corpus::File& file, const json& one, const json& chunking) {
  const json keywords = one.contains("keywords") ? one["keywords"] : json::object();
  const json& argument = one["arguments"].at(0);
  if (!argument.contains("array")) throw Unknown{};
  const Block block = file.array(argument["array"].get<std::size_t>());
  const auto axes = axes_of(keywords, block.rank());
  const auto reducer = kernels::reducer_named(one["function"].get<std::string>());
  // An empty chunk has a partial (A2): whether the whole array is empty, who calls knows.
  if (one["want"].contains("refused") && (*reducer == kernels::Reducer::min || *reducer == kernels::Reducer::max)) throw Unknown{};
  const auto reduction = kernels::reduction_of(*reducer, block.dtype(), {}, keywords.value("correction", 0.0));
  if (!reduction) return reduction.failure();
  Block elements = block;
  if (reduction->elements != block.dtype()) {
    const kernels::Program cast{{block.dtype()}, {}, {{kernels::Op::cast, reduction->elements, {0, 0, 0}}}, {1}};
    auto made = kernels::evaluate(cast, std::span(&block, 1), block.shape());
    if (!made) return made.failure();
    elements = made->at(0);
  }
  auto result = Reducing(*reduction, elements, {chunking.at(0).get<std::vector<std::vector<std::int64_t>>>()}, *axes).run();
  if (!result || keywords.value("keepdims", false)) return result;
  Shape kept;
  for (std::size_t d = 0; d < block.rank(); ++d)
    if (std::ranges::count(*axes, d) == 0) kept.push_back(block.shape()[d]);
  return kernels::reshape(*result, kept);
}

/// What is wrong with a result; empty if nothing is.
std::string judge(const corpus::File& file, const json& one, const Result<Block>& got) {
  if (one["want"].contains("refused")) return got ? "it is not refused" : "";
  if (!got) return "it is refused: " + got.failure().message;
  return corpus::difference(*got, file.array(one["want"]["array"].get<std::size_t>()), one);
}

std::string wrong(const corpus::File& file, const json& one) {
  if (!kernels::reducer_named(one["function"].get<std::string>())) {
    if (!one["want"].contains("array") && !one["want"].contains("refused")) throw Unknown{};
    return judge(file, one, Compiler(file).run({{"call", one}}));
  }
  for (const json& chunking : one["chunkings"])
    if (const std::string why = judge(file, one, reduced(file, one, chunking)); !why.empty()) return why + " (chunks " + chunking.dump() + ")";
  return {};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_oracle_corpus)

BOOST_AUTO_TEST_CASE(kernels_compute_what_numpy_computes) {
  corpus::Tally tally;
  for (const std::string& name : corpus::names()) {
    const corpus::File file(name);
    for (std::size_t i = 0; i < file.cases().size(); ++i) {
      const json& one = file.cases()[i];
      const auto function = one["function"].get<std::string>();
      try {
        if (const std::string why = wrong(file, one); why.empty()) ++tally.passed[function];
        else tally.failed.push_back(corpus::title(file, i) + ": " + why);
      } catch (const Unknown&) {
        ++tally.unknown[function];
      }
    }
  }
  for (const std::string& sentence : tally.failed) BOOST_ERROR(sentence);
  BOOST_TEST_MESSAGE("passed: " << corpus::Tally::list(tally.passed));
  BOOST_TEST_MESSAGE("no kernel: " << corpus::Tally::list(tally.unknown));
  // Exactly: what is unknown has no kernel (tests/client/corpus_test.cpp runs the public functions), and no case is lost unseen.
  BOOST_TEST(tally.count(tally.passed) == 2929U);
  BOOST_TEST(tally.count(tally.unknown) == 5900U);
}

BOOST_AUTO_TEST_SUITE_END()
