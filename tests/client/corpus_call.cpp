#include "tests/client/corpus_call.hpp"

#include "arrays/expression/node.hpp"
#include "arrays/kernels/layout.hpp"
#include "client/xp/arranging.hpp"
#include "client/xp/data_types.hpp"
#include "client/xp/windows.hpp"
#include "client/xp/fft.hpp"
#include "client/xp/linalg.hpp"
#include "client/xp/indexing.hpp"
#include "client/xp/sorting.hpp"

#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace tessera::corpus {
using nlohmann::json;

namespace {

double number(const json& value) {
  if (!value.is_string()) return value.get<double>();
  const auto word = value.get<std::string>();
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  return word == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

Dtype dtype_in(const json& value) { return arrays::dtype_named(value.at("dtype").get<std::string>()).value(); }

/// What one call is given. Arrays take their chunks in the order in which they are asked for, which is that of the corpus.
class Arguments {
 public:
  std::vector<std::vector<Array>> arrays;  ///< Of each argument; one, but for lists. Empty for what is no array.
  std::map<std::string, Array> named;       ///< Arrays that are keywords.
  std::function<Array(const json&)> give;          ///< The array of a number.
  json what, keywords;

  const Array& array(std::size_t i) const {
    if (i >= arrays.size() || arrays[i].size() != 1) throw Unknown{};
    return arrays[i][0];
  }
  const std::vector<Array>& list(std::size_t i) const { return arrays.at(i); }
  Operand operand(std::size_t i) const {
    if (!arrays.at(i).empty()) return array(i);
    const json& value = what.at(i).at("scalar");
    if (value.is_null()) throw Unknown{};
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number_integer()) return value.get<std::int64_t>();
    return number(value);
  }
  std::optional<Operand> limit(std::size_t i) const {
    if (i >= what.size() || (what[i].contains("scalar") && what[i]["scalar"].is_null())) return std::nullopt;
    return operand(i);
  }
  std::optional<Array> array_named(const char* name) const { return named.contains(name) ? std::optional(named.at(name)) : std::nullopt; }
  bool is_scalar(std::size_t i) const { return what.at(i).contains("scalar"); }
  const json& plain(std::size_t i) const {
    if (i >= what.size() || !what[i].contains("plain")) throw Unknown{};
    return what[i]["plain"];
  }
  /// One that is an array. They are asked for in the order in which the corpus names them.
  std::optional<Array> keyword(const char* name) const { return has(name) ? std::optional(give(keywords[name].at("array"))) : std::nullopt; }
  Dtype dtype(std::size_t i) const { return dtype_in(what.at(i)); }

  bool has(const char* name) const { return keywords.contains(name); }
  bool flag(const char* name) const { return keywords.value(name, false); }
  std::int64_t integer(const char* name, std::int64_t otherwise) const { return keywords.value(name, otherwise); }
  std::optional<std::int64_t> axis_number() const {
    return has("axis") ? std::optional(keywords["axis"].get<std::int64_t>()) : std::nullopt;
  }
  xp::fft::Options fft() const {
    return {has("n") ? std::optional(keywords["n"].get<std::int64_t>()) : std::nullopt, integer("axis", -1), keywords.value("norm", "backward")};
  }
  xp::fft::ManyOptions fftn() const {
    return {has("s") ? std::optional(keywords["s"].get<arrays::Shape>()) : std::nullopt, has("axes") ? axis_of(keywords["axes"]) : xp::Axis(), keywords.value("norm", "backward")};
  }
  xp::Axis axis() const { return has("axis") ? axis_of(keywords["axis"]) : xp::Axis(); }
  std::optional<Dtype> dtype() const { return has("dtype") ? std::optional(dtype_in(keywords["dtype"])) : std::nullopt; }
  double correction() const { return keywords.value("correction", 0.0); }
  static xp::Axis axis_of(const json& value) {
    if (value.is_array()) return {value.get<std::vector<std::int64_t>>()};
    return {value.get<std::int64_t>()};
  }
};

/// `next` gives the arrays among them, one after the other.
std::vector<Bracket> brackets_of(const json& items, const std::function<Array()>& next) {
  std::vector<Bracket> brackets;
  for (const json& item : items) {
    if (item.is_number()) brackets.emplace_back(item.get<std::int64_t>());
    else if (item == "array") brackets.emplace_back(next());
    else if (item == "...") brackets.emplace_back(Ellipsis{});
    else if (item == "newaxis") brackets.emplace_back(NewAxis{});
    else {
      Slice slice;
      const json& bounds = item.at("slice");
      if (!bounds[0].is_null()) slice.start = bounds[0].get<std::int64_t>();
      if (!bounds[1].is_null()) slice.stop = bounds[1].get<std::int64_t>();
      if (!bounds[2].is_null()) slice.step = bounds[2].get<std::int64_t>();
      brackets.emplace_back(slice);
    }
  }
  return brackets;
}
/// Calls `use` with the brackets, as a program writes them.
Array with(const std::vector<Bracket>& brackets, const std::function<Array(std::initializer_list<Bracket>)>& use) {
  switch (brackets.size()) {
    case 1: return use({brackets[0]});
    case 2: return use({brackets[0], brackets[1]});
    case 3: return use({brackets[0], brackets[1], brackets[2]});
    default: throw Unknown{};
  }
}
Array index(const Array& x, const std::vector<Bracket>& brackets) {
  return with(brackets, [&](std::initializer_list<Bracket> all) { return x[all]; });
}

json finfo_of(Dtype dtype) {
  const auto ends = xp::finfo(dtype);
  return {{"bits", ends.bits}, {"eps", ends.eps}, {"max", ends.max}, {"min", ends.min}, {"smallest_normal", ends.smallest_normal},
          {"dtype", arrays::to_string(ends.dtype)}};
}
json iinfo_of(Dtype dtype) {
  const auto ends = xp::iinfo(dtype);
  return {{"bits", ends.bits}, {"max", ends.max}, {"min", ends.min}, {"dtype", arrays::to_string(ends.dtype)}};
}

/// The block of an array that is one of this program in one chunk.
Block one_block(const Array& array) {
  const auto* given = std::get_if<arrays::expression::Given>(&array.node()->what);
  if (given == nullptr || array.ndim() != 1) throw Unknown{};
  return arrays::kernels::concatenate(given->blocks, 0).value();
}
xp::Method method_of(const std::string& name) {
  static const std::map<std::string, xp::Method> methods{{"linear", xp::Method::linear}, {"midpoint", xp::Method::midpoint}, {"lower", xp::Method::lower},
                                                         {"higher", xp::Method::higher}, {"nearest", xp::Method::nearest}};
  return methods.at(name);
}

using Function = std::function<Results(const Arguments&)>;
Results one(Array array) { return {{std::move(array)}, {}}; }

/// Functions of one array and of keywords that several have in common.
const std::map<std::string, Function>& functions() {
  using A = const Arguments&;
  using arrays::Shape;
  static const std::map<std::string, Function> table{
    {"clip", [](A a) { return one(a.limit(1) && a.limit(2) ? xp::clip(a.operand(0), a.operand(1), a.operand(2)) : xp::clip(a.operand(0), {.min = a.limit(1), .max = a.limit(2)})); }},
#define TESSERA_OPERANDS_1(name) {#name, [](A a) { return one(xp::name(a.operand(0))); }},
#define TESSERA_OPERANDS_2(name) {#name, [](A a) { return one(xp::name(a.operand(0), a.operand(1))); }},
#define TESSERA_OPERANDS_3(name) {#name, [](A a) { return one(xp::name(a.operand(0), a.operand(1), a.operand(2))); }},
#define TESSERA_OP(name, operands, takes, gives) TESSERA_OPERANDS_##operands(name)
#define TESSERA_OP_WITHOUT_CAST  // It is `astype`.
#include "arrays/kernels/ops.def"
#undef TESSERA_OP_WITHOUT_CAST
#undef TESSERA_OP
#define TESSERA_SUM(name) {#name, [](A a) { return one(xp::name(a.array(0), {.axis = a.axis(), .dtype = a.dtype(), .keepdims = a.flag("keepdims")})); }},
#define TESSERA_REDUCE(name) {#name, [](A a) { return one(xp::name(a.array(0), {.axis = a.axis(), .keepdims = a.flag("keepdims")})); }},
#define TESSERA_VAR(name) \
  {#name, [](A a) { return one(xp::name(a.array(0), {.axis = a.axis(), .correction = a.correction(), .keepdims = a.flag("keepdims")})); }},
#define TESSERA_ARG(name) {#name, [](A a) { return one(xp::name(a.array(0), {.axis = a.axis_number(), .keepdims = a.flag("keepdims")})); }},
    TESSERA_SUM(sum) TESSERA_SUM(prod) TESSERA_SUM(nansum) TESSERA_SUM(nanprod)
    TESSERA_REDUCE(mean) TESSERA_REDUCE(min) TESSERA_REDUCE(max) TESSERA_REDUCE(any) TESSERA_REDUCE(all) TESSERA_REDUCE(count_nonzero)
    TESSERA_REDUCE(nanmean) TESSERA_REDUCE(nanmin) TESSERA_REDUCE(nanmax)
    TESSERA_VAR(var) TESSERA_VAR(std) TESSERA_ARG(argmin) TESSERA_ARG(argmax)
    TESSERA_REDUCE(median) TESSERA_REDUCE(nanmedian)
#define TESSERA_QUANTILE(name)                                                                                                                              \
  {#name, [](A a) {                                                                                                                                         \
     const xp::QuantileOptions options{.axis = a.axis(), .method = method_of(a.keywords.value("method", "linear")), .keepdims = a.flag("keepdims")};      \
     const json& shares = a.plain(1);                                                                                                                       \
     return one(shares.is_array() ? xp::name(a.array(0), shares.get<std::vector<double>>(), options) : xp::name(a.array(0), shares.get<double>(), options)); \
   }},
    TESSERA_QUANTILE(quantile) TESSERA_QUANTILE(percentile)
    {"astype", [](A a) { return one(xp::astype(a.array(0), a.dtype(1))); }},
    {"zeros", [](A a) { return one(xp::zeros(a.plain(0).get<Shape>(), {.dtype = a.dtype()})); }},
    {"ones", [](A a) { return one(xp::ones(a.plain(0).get<Shape>(), {.dtype = a.dtype()})); }},
    {"full", [](A a) { return one(xp::full(a.plain(0).get<Shape>(), a.operand(1), {.dtype = a.dtype()})); }},
    {"zeros_like", [](A a) { return one(xp::zeros_like(a.array(0))); }},
    {"ones_like", [](A a) { return one(xp::ones_like(a.array(0))); }},
    {"full_like", [](A a) { return one(xp::full_like(a.array(0), a.operand(1))); }},
    {"arange", [](A a) { return one(xp::arange(a.operand(0), a.operand(1), a.operand(2), {.dtype = a.dtype()})); }},
    {"linspace", [](A a) {
       return one(xp::linspace(a.operand(0), a.operand(1), a.plain(2).get<std::int64_t>(), {.dtype = a.dtype(), .endpoint = a.flag("endpoint")}));
     }},
    {"eye", [](A a) {
       const auto columns = a.what.size() > 1 ? std::optional(a.plain(1).get<std::int64_t>()) : std::nullopt;
       return one(xp::eye(a.plain(0).get<std::int64_t>(), columns, {.k = a.integer("k", 0), .dtype = a.dtype()}));
     }},
    {"broadcast_to", [](A a) { return one(xp::broadcast_to(a.array(0), a.plain(1).get<Shape>())); }},
    {"reshape", [](A a) { return one(xp::reshape(a.array(0), a.plain(1).get<Shape>())); }},
    {"permute_dims", [](A a) { return one(xp::permute_dims(a.array(0), a.plain(1).get<Shape>())); }},
    {"matrix_transpose", [](A a) { return one(xp::matrix_transpose(a.array(0))); }},
    {"moveaxis", [](A a) {
       if (a.plain(1).is_array()) return one(xp::moveaxis(a.array(0), a.plain(1).get<Shape>(), a.plain(2).get<Shape>()));
       return one(xp::moveaxis(a.array(0), a.plain(1).get<std::int64_t>(), a.plain(2).get<std::int64_t>()));
     }},
    {"expand_dims", [](A a) { return one(xp::expand_dims(a.array(0), Arguments::axis_of(a.plain(1)))); }},
    {"squeeze", [](A a) { return one(xp::squeeze(a.array(0), Arguments::axis_of(a.plain(1)))); }},
    {"flip", [](A a) { return one(xp::flip(a.array(0), a.axis())); }},
    {"roll", [](A a) {
       if (!a.has("axis") || a.keywords["axis"].is_null()) return one(xp::roll(a.array(0), a.plain(1).get<std::int64_t>()));
       if (a.plain(1).is_array()) return one(xp::roll(a.array(0), a.plain(1).get<Shape>(), a.keywords["axis"].get<Shape>()));
       return one(xp::roll(a.array(0), a.plain(1).get<std::int64_t>(), *a.axis_number()));
     }},
    {"concat", [](A a) {
       if (a.keywords["axis"].is_null()) return one(xp::concat(a.list(0), std::nullopt));
       return one(xp::concat(a.list(0), *a.axis_number()));
     }},
    {"stack", [](A a) { return one(xp::stack(a.list(0), *a.axis_number())); }},
    {"unstack", [](A a) { return Results{xp::unstack(a.array(0), *a.axis_number()), {}}; }},
    {"broadcast_arrays", [](A a) {
       std::vector<Array> all;
       for (std::size_t i = 0; i < a.arrays.size(); ++i) all.push_back(a.array(i));
       return Results{xp::broadcast_arrays(all), {}};
     }},
    {"broadcast_shapes", [](A a) {
       std::vector<Shape> shapes;
       for (std::size_t i = 0; i < a.what.size(); ++i) shapes.push_back(a.plain(i).get<Shape>());
       return Results{{}, xp::broadcast_shapes(shapes)};
     }},
#define TESSERA_CUMULATIVE(name) \
  {#name, [](A a) { return one(xp::name(a.array(0), {.axis = a.axis_number(), .dtype = a.dtype(), .include_initial = a.flag("include_initial")})); }},
    TESSERA_CUMULATIVE(cumulative_sum) TESSERA_CUMULATIVE(cumulative_prod)
    {"diff", [](A a) {
       return one(xp::diff(a.array(0), {.axis = a.integer("axis", -1), .n = a.integer("n", 1), .prepend = a.array_named("prepend"), .append = a.array_named("append")}));
     }},
    {"tile", [](A a) { return one(xp::tile(a.array(0), a.plain(1).get<Shape>())); }},
    {"repeat", [](A a) {
       if (a.is_scalar(1)) return one(xp::repeat(a.array(0), a.what.at(1).at("scalar").get<std::int64_t>(), {.axis = a.axis_number()}));
       const Block times = one_block(a.array(1));
       return one(xp::repeat(a.array(0), Shape(times.data<std::int64_t>().begin(), times.data<std::int64_t>().end()), {.axis = a.axis_number()}));
     }},
    {"meshgrid", [](A a) {
       std::vector<Array> all;
       for (std::size_t i = 0; i < a.arrays.size(); ++i) all.push_back(a.array(i));
       return Results{xp::meshgrid(all, {.indexing = a.keywords.value("indexing", "xy") == "ij" ? xp::Indexing::ij : xp::Indexing::xy}), {}};
     }},
    {"tril", [](A a) { return one(xp::tril(a.array(0), {.k = a.integer("k", 0)})); }},
    {"triu", [](A a) { return one(xp::triu(a.array(0), {.k = a.integer("k", 0)})); }},
    {"pad", [](A a) {
       static const std::map<std::string, xp::PadMode> modes{{"constant", xp::PadMode::constant}, {"edge", xp::PadMode::edge}, {"reflect", xp::PadMode::reflect},
                                                             {"symmetric", xp::PadMode::symmetric}, {"wrap", xp::PadMode::wrap}};
       std::vector<Depth> widths;
       for (const json& one : a.plain(1)) widths.emplace_back(one[0].get<std::int64_t>(), one[1].get<std::int64_t>());
       return one(xp::pad(a.array(0), widths, {.mode = modes.at(a.keywords.at("mode").get<std::string>()), .constant_value = a.integer("constant_values", 0)}));
     }},
    {"sliding_window_view", [](A a) { return one(xp::sliding_window_view(a.array(0), a.plain(1).get<Shape>(), a.axis())); }},
    {"coarsen", [](A a) {
       std::vector<std::pair<std::int64_t, std::int64_t>> factors;
       for (const json& one : a.plain(2)) factors.emplace_back(one[0].get<std::int64_t>(), one[1].get<std::int64_t>());
       const auto name = a.plain(1).get<std::string>();
       const auto reduce = [&](const Array& x, const xp::Axis& axis) { return name == "max" ? xp::max(x, {.axis = axis}) : xp::sum(x, {.axis = axis}); };
       return one(xp::coarsen(reduce, a.array(0), factors, {.trim_excess = a.flag("trim_excess")}));
     }},
    {"gradient", [](A a) {
       xp::GradientOptions options{.axis = a.axis_number()};
       options.edge_order = static_cast<int>(a.integer("edge_order", 1));
       if (a.plain(1).is_array()) options.spacing = a.plain(1).get<std::vector<double>>();
       else options.spacing = a.plain(1).get<double>();
       return one(xp::gradient(a.array(0), options));
     }},
#define TESSERA_FFT(name, options) {"fft." #name, [](A a) { return one(xp::fft::name(a.array(0), a.options())); }},
    TESSERA_FFT(fft, fft) TESSERA_FFT(ifft, fft) TESSERA_FFT(rfft, fft) TESSERA_FFT(irfft, fft) TESSERA_FFT(hfft, fft) TESSERA_FFT(ihfft, fft)
    TESSERA_FFT(fftn, fftn) TESSERA_FFT(ifftn, fftn) TESSERA_FFT(rfftn, fftn) TESSERA_FFT(irfftn, fftn)
    {"fft.fftfreq", [](A a) { return one(xp::fft::fftfreq(a.plain(0).get<std::int64_t>(), {.d = a.keywords.value("d", 1.0)})); }},
    {"fft.rfftfreq", [](A a) { return one(xp::fft::rfftfreq(a.plain(0).get<std::int64_t>(), {.d = a.keywords.value("d", 1.0)})); }},
    {"fft.fftshift", [](A a) { return one(xp::fft::fftshift(a.array(0), a.has("axes") ? Arguments::axis_of(a.keywords["axes"]) : xp::Axis())); }},
    {"fft.ifftshift", [](A a) { return one(xp::fft::ifftshift(a.array(0), a.has("axes") ? Arguments::axis_of(a.keywords["axes"]) : xp::Axis())); }},
    {"matmul", [](A a) { return one(xp::matmul(a.array(0), a.array(1))); }},
    {"vecdot", [](A a) { return one(xp::vecdot(a.array(0), a.array(1), {a.integer("axis", -1)})); }},
    {"tensordot", [](A a) {
       const json& axes = a.keywords["axes"];
       if (axes.is_number()) return one(xp::tensordot(a.array(0), a.array(1), axes.get<std::int64_t>()));
       return one(xp::tensordot(a.array(0), a.array(1), axes[0].get<Shape>(), axes[1].get<Shape>()));
     }},
    {"einsum", [](A a) {
       std::vector<Array> operands;
       for (std::size_t i = 1; i < a.arrays.size(); ++i) operands.push_back(a.array(i));
       return one(xp::einsum(a.plain(0).get<std::string>(), operands));
     }},
    {"linalg.outer", [](A a) { return one(xp::linalg::outer(a.array(0), a.array(1))); }},
    {"linalg.cross", [](A a) { return one(xp::linalg::cross(a.array(0), a.array(1), {a.integer("axis", -1)})); }},
    {"linalg.diagonal", [](A a) { return one(xp::linalg::diagonal(a.array(0), {a.integer("offset", 0)})); }},
    {"linalg.trace", [](A a) { return one(xp::linalg::trace(a.array(0), {a.integer("offset", 0), {}})); }},
    {"linalg.vector_norm", [](A a) {
       return one(xp::linalg::vector_norm(a.array(0), {.axis = a.axis(), .keepdims = a.flag("keepdims"), .ord = a.has("ord") ? number(a.keywords["ord"]) : 2}));
     }},
    {"linalg.matrix_norm", [](A a) {
       xp::linalg::MatrixOrder order = "fro";
       if (a.has("ord") && (a.keywords["ord"].is_number() || a.keywords["ord"].get<std::string>().ends_with("inf"))) order = number(a.keywords["ord"]);
       else if (a.has("ord")) order = a.keywords["ord"].get<std::string>();
       return one(xp::linalg::matrix_norm(a.array(0), {.keepdims = a.flag("keepdims"), .ord = order}));
     }},
    {"linalg.qr", [](A a) {
       const bool complete = a.keywords.value("mode", "reduced") == "complete";
       const auto [q, r] = xp::linalg::qr(a.array(0), {complete ? xp::linalg::QrMode::complete : xp::linalg::QrMode::reduced});
       return Results{{q, r}, {}};
     }},
    {"linalg.svd", [](A a) {
       const auto [u, s, vh] = xp::linalg::svd(a.array(0), {a.keywords.value("full_matrices", true)});
       return Results{{u, s, vh}, {}};
     }},
    {"linalg.eigh", [](A a) {
       const auto [values, vectors] = xp::linalg::eigh(a.array(0));
       return Results{{values, vectors}, {}};
     }},
    {"linalg.eig", [](A a) {
       const auto [values, vectors] = xp::linalg::eig(a.array(0));
       return Results{{values, vectors}, {}};
     }},
    {"linalg.eigvals", [](A a) { return one(xp::linalg::eigvals(a.array(0))); }},
    {"linalg.slogdet", [](A a) {
       const auto [sign, logarithm] = xp::linalg::slogdet(a.array(0));
       return Results{{sign, logarithm}, {}};
     }},
    {"linalg.svdvals", [](A a) { return one(xp::linalg::svdvals(a.array(0))); }},
    {"linalg.eigvalsh", [](A a) { return one(xp::linalg::eigvalsh(a.array(0))); }},
    {"linalg.cholesky", [](A a) { return one(xp::linalg::cholesky(a.array(0), {a.flag("upper")})); }},
    {"linalg.solve", [](A a) { return one(xp::linalg::solve(a.array(0), a.array(1))); }},
    {"linalg.solve_triangular", [](A a) { return one(xp::linalg::solve_triangular(a.array(0), a.array(1), {a.flag("lower")})); }},
    {"linalg.inv", [](A a) { return one(xp::linalg::inv(a.array(0))); }},
    {"linalg.det", [](A a) { return one(xp::linalg::det(a.array(0))); }},
    {"linalg.matrix_rank", [](A a) { return one(xp::linalg::matrix_rank(a.array(0))); }},
    {"linalg.pinv", [](A a) { return one(xp::linalg::pinv(a.array(0))); }},
    {"linalg.matrix_power", [](A a) { return one(xp::linalg::matrix_power(a.array(0), a.what.at(1).at("scalar").get<std::int64_t>())); }},
    {"getitem", [](A a) { return one(a.arrays.at(1).empty() ? index(a.array(0), brackets_of(a.plain(1), {})) : a.array(0)[a.array(1)]); }},
    {"index", [](A a) {
       std::size_t next = 1;
       return one(index(a.array(0), brackets_of(a.keywords["items"], [&] { return a.array(next++); })));
     }},
    {"set", [](A a) {
       std::size_t next = 2;
       const auto brackets = brackets_of(a.keywords["items"], [&] { return a.array(next++); });
       return one(with(brackets, [&](std::initializer_list<Bracket> all) { return xp::set(a.array(0), all, a.operand(1)); }));
     }},
    {"take", [](A a) { return one(xp::take(a.array(0), a.array(1), a.axis_number())); }},
    {"take_along_axis", [](A a) { return one(xp::take_along_axis(a.array(0), a.array(1), *a.axis_number())); }},
    {"nonzero", [](A a) { return Results{xp::nonzero(a.array(0)), {}}; }},
    {"sort", [](A a) { return one(xp::sort(a.array(0), {.axis = a.integer("axis", -1), .descending = a.flag("descending")})); }},
    {"argsort", [](A a) { return one(xp::argsort(a.array(0), {.axis = a.integer("axis", -1), .descending = a.flag("descending")})); }},
    {"searchsorted", [](A a) {
       const xp::Side side = a.keywords.value("side", "left") == "left" ? xp::Side::left : xp::Side::right;
       return one(xp::searchsorted(a.array(0), a.array(1), {.side = side, .sorter = a.keyword("sorter")}));
     }},
    {"unique_values", [](A a) { return one(xp::unique_values(a.array(0))); }},
    {"unique_counts", [](A a) {
       const auto all = xp::unique_counts(a.array(0));
       return Results{{all.values, all.counts}, {}};
     }},
    {"unique_inverse", [](A a) {
       const auto all = xp::unique_inverse(a.array(0));
       return Results{{all.values, all.inverse_indices}, {}};
     }},
    {"unique_all", [](A a) {
       const auto all = xp::unique_all(a.array(0));
       return Results{{all.values, all.indices, all.inverse_indices, all.counts}, {}};
     }},
    {"isin", [](A a) { return one(xp::isin(a.array(0), a.array(1), {.invert = a.flag("invert")})); }},
    {"topk", [](A a) { return one(xp::topk(a.array(0), a.plain(1).get<std::int64_t>(), *a.axis_number())); }},
    {"argtopk", [](A a) { return one(xp::argtopk(a.array(0), a.plain(1).get<std::int64_t>(), *a.axis_number())); }},
    {"digitize", [](A a) { return one(xp::digitize(a.array(0), a.array(1), a.flag("right"))); }},
    {"bincount", [](A a) { return one(xp::bincount(a.array(0), {.weights = a.keyword("weights"), .minlength = a.integer("minlength", 0)})); }},
    {"histogram", [](A a) {
       xp::HistogramOptions options{.weights = a.keyword("weights"), .density = a.flag("density")};
       if (a.has("range")) options.range = std::pair(a.keywords["range"][0].get<double>(), a.keywords["range"][1].get<double>());
       const auto all = a.arrays.at(1).empty() ? xp::histogram(a.array(0), a.plain(1).get<std::int64_t>(), options) : xp::histogram(a.array(0), a.array(1), options);
       return Results{{all.counts, all.edges}, {}};
     }},
    {"result_type", [](A a) { return Results{{}, json{{"dtype", arrays::to_string(xp::result_type({a.dtype(0), a.dtype(1)}))}}}; }},
    {"can_cast", [](A a) { return Results{{}, xp::can_cast(a.dtype(0), a.dtype(1))}; }},
    {"isdtype", [](A a) { return Results{{}, xp::isdtype(a.dtype(0), a.plain(1).get<std::string>())}; }},
    {"finfo", [](A a) { return Results{{}, finfo_of(a.dtype(0))}; }},
    {"iinfo", [](A a) { return Results{{}, iinfo_of(a.dtype(0))}; }},
  };
  return table;
}

/// One case: hands out its arrays in their chunks.
class Caller {
 public:
  Caller(const File& file, const json& chunking) : file_(file), chunking_(chunking) {}

  Results call(const json& what) {
    const auto name = what.at("function").get<std::string>();
    if (name == "item") {  // One of several results.
      const json& of = what.at("arguments");
      return one(call(of.at(0).at("call")).arrays.at(of.at(1).at("plain").get<std::size_t>()));
    }
    Arguments arguments;
    arguments.what = what.at("arguments");
    if (what.contains("keywords")) arguments.keywords = what["keywords"];
    else arguments.keywords = json::object();
    for (const json& one : arguments.what) arguments.arrays.push_back(arrays_in(one));
    for (const char* keyword : {"prepend", "append"})  // In the order of the corpus.
      if (arguments.keywords.contains(keyword)) arguments.named.emplace(keyword, arrays_in(arguments.keywords[keyword]).at(0));
    arguments.give = [&](const json& number) { return array(number); };
    const auto at = functions().find(name);
    if (at == functions().end()) throw Unknown{};
    return at->second(arguments);
  }

 private:
  std::vector<Array> arrays_in(const json& argument) {
    if (argument.contains("array")) return {array(argument["array"])};
    if (argument.contains("call")) {
      auto results = call(argument["call"]);
      return {results.arrays.at(0)};
    }
    std::vector<Array> all;
    if (argument.contains("arrays"))
      for (const json& number : argument["arrays"]) all.push_back(array(number));
    return all;
  }
  Array array(const json& number) {
    const auto chunks = chunking_.at(next_++).get<arrays::shape::Chunks>();
    return xp::asarray(file_.array(number.get<std::size_t>()), ChunkSpec(chunks));
  }

  const File& file_;
  const json& chunking_;
  std::size_t next_ = 0;
};
}  // namespace

Results call(const File& file, std::size_t number, const json& chunking) { return Caller(file, chunking).call(file.cases().at(number)); }
}  // namespace tessera::corpus
