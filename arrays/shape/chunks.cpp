#include "arrays/shape/chunks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

namespace tessera::arrays::shape {
namespace {
using runtime::ErrorCode;
using runtime::Failure;
constexpr std::uint64_t tolerance_quarters = 5;  ///< 1.25 times the target is still one chunk.

Failure wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

/// "16MiB", "500kB", "100B".
std::optional<std::uint64_t> bytes_named(std::string_view words) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), number);
  if (error != std::errc() || number == 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(words.data() + words.size() - end));
  constexpr std::pair<std::string_view, std::uint64_t> units[] = {{"B", 1}, {"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000},
                                                                  {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};
  for (const auto& [name, factor] : units)
    if (unit == name && number < (std::uint64_t{1} << 33)) return number * factor;
  return std::nullopt;
}

bool is_automatic(const DimensionChunks& one) { return one.lengths().empty() && one.length() == 0; }

/// The largest n with n^k <= value.
std::int64_t root(std::uint64_t value, std::size_t k) {
  std::uint64_t low = 1, high = value;
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    std::uint64_t power = 1;
    bool fits = true;
    for (std::size_t i = 0; i < k && fits; ++i) fits = !__builtin_mul_overflow(power, middle, &power) && power <= value;
    if (fits) low = middle;
    else high = middle - 1;
  }
  return static_cast<std::int64_t>(low);
}

/// Cuts the dimensions `open` of `shape`, so that the product of their longest pieces is at most `elements`. The shortest goes first: what it
/// does not need is for the others.
void cut_automatically(std::vector<std::size_t> open, ShapeView shape, std::uint64_t elements, Chunks& chunks) {
  std::ranges::stable_sort(open, {}, [&](std::size_t axis) { return shape[axis]; });
  for (std::size_t i = 0; i < open.size(); ++i) {
    const std::int64_t length = shape[open[i]], share = std::max<std::int64_t>(root(elements, open.size() - i), 1);
    const std::int64_t pieces = std::max<std::int64_t>((length + share - 1) / share, 1), each = (length + pieces - 1) / pieces;
    chunks[open[i]] = cut_evenly(length, std::max<std::int64_t>(each, 1));
    elements /= static_cast<std::uint64_t>(std::max<std::int64_t>(each, 1));
  }
}

/// What is given for one dimension; nothing where it is automatic.
runtime::Result<std::optional<Cuts>> given(const DimensionChunks& one, std::size_t axis, ShapeView shape) {
  const std::int64_t length = shape[axis];
  if (!one.lengths().empty()) {
    const bool fits = std::ranges::all_of(one.lengths(), [](std::int64_t n) { return n >= 0; }) &&
                      std::accumulate(one.lengths().begin(), one.lengths().end(), std::int64_t{0}) == length;
    if (!fits)
      return wrong(fmt::format("chunks of {} do not make up dimension {} of the shape {}; their lengths are at least 0 and add up to {}",
                               arrays::to_string(one.lengths()), axis, arrays::to_string(shape), length));
    return std::optional(one.lengths());
  }
  if (one.length() == -1) return std::optional(Cuts{length});
  if (one.length() > 0) return std::optional(cut_evenly(length, one.length()));
  if (one.length() == 0 && one.words() == "auto") return std::optional<Cuts>();
  return wrong(fmt::format("dimension {} of the shape {} cannot be cut by \"{}\"; say a length of at least 1, -1, \"auto\" or all lengths", axis,
                           arrays::to_string(shape), one.length() != 0 ? std::to_string(one.length()) : one.words()));
}
}  // namespace

Cuts cut_evenly(std::int64_t length, std::int64_t each) {
  Cuts cuts;
  for (std::int64_t left = length; left > 0; left -= each) cuts.push_back(std::min(left, each));
  if (cuts.empty()) cuts.push_back(0);
  return cuts;
}

runtime::Result<Chunks> chunks_of(const ChunkSpec& spec, ShapeView shape, std::size_t element_bytes) {
  if (const auto known = need_known("rechunk", shape); !known) return known.failure();
  if (spec.is_list() && spec.dimensions().size() != shape.size())
    return wrong(fmt::format("chunks are given for {} dimensions, but the shape {} has {}", spec.dimensions().size(), arrays::to_string(shape),
                             shape.size()));
  std::uint64_t target = target_bytes_default;
  std::vector<DimensionChunks> each = spec.dimensions();
  if (!spec.is_list()) {
    DimensionChunks all = spec.all();
    if (const auto bytes = bytes_named(all.words()); bytes && is_automatic(all)) target = *bytes, all = DimensionChunks();
    if (is_automatic(all) && all.words() != "auto")
      return wrong(fmt::format("chunks \"{}\" are not known; say \"auto\", a size such as \"16MiB\", a length, -1, or a list with one of these for "
                               "each dimension of the shape {}", all.words(), arrays::to_string(shape)));
    each.assign(shape.size(), all);
  }
  Chunks chunks(shape.size());
  std::vector<std::size_t> open;
  std::uint64_t elements = target / element_bytes, within = target * tolerance_quarters / 4 / element_bytes, whole = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    auto cuts = given(each[axis], axis, shape);
    if (!cuts) return cuts.failure();
    if (!*cuts) {
      open.push_back(axis);
      if (__builtin_mul_overflow(whole, static_cast<std::uint64_t>(shape[axis]), &whole)) whole = UINT64_MAX;
      continue;
    }
    chunks[axis] = std::move(**cuts);
    const auto longest = static_cast<std::uint64_t>(std::max<std::int64_t>(*std::ranges::max_element(chunks[axis]), 1));
    elements /= longest, within /= longest;
  }
  if (whole <= within)
    for (const std::size_t axis : open) chunks[axis] = {shape[axis]};
  else cut_automatically(std::move(open), shape, std::max<std::uint64_t>(elements, 1), chunks);
  return chunks;
}

Cuts refine(std::span<const Cuts> all) {
  std::vector<std::int64_t> borders;
  for (const Cuts& cuts : all) {
    std::int64_t at = 0;
    for (const std::int64_t length : cuts) borders.push_back(at += length);
  }
  std::ranges::sort(borders);
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  Cuts refined;
  std::int64_t last = 0;
  for (const std::int64_t border : borders) {
    if (border > last) refined.push_back(border - last);
    last = border;
  }
  if (refined.empty()) refined.push_back(0);
  return refined;
}

Shape shape_of(const Chunks& chunks) {
  Shape shape;
  for (const Cuts& cuts : chunks) {
    const bool is_known = std::ranges::find(cuts, unknown_length) == cuts.end();
    shape.push_back(is_known ? std::accumulate(cuts.begin(), cuts.end(), std::int64_t{0}) : unknown_length);
  }
  return shape;
}

std::optional<std::size_t> unknown_dimension(ShapeView shape) {
  const auto at = std::ranges::find(shape, unknown_length);
  return at == shape.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - shape.begin()));
}

runtime::Result<void> need_known(std::string_view function, ShapeView shape) {
  const auto dimension = unknown_dimension(shape);
  if (!dimension) return {};
  return wrong(fmt::format("{} of an array of shape {}: the length of dimension {} is unknown (-1); call compute_chunk_sizes(cluster) on the array first", function,
                           arrays::to_string(shape), *dimension));
}

std::string to_string(const Chunks& chunks) {
  constexpr std::size_t shown = 4;
  std::string text = "(";
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (i > 0) text += ", ";
    const Cuts& cuts = chunks[i];
    const auto body = cuts.begin() + (cuts.size() > 1 ? static_cast<std::ptrdiff_t>(cuts.size()) - 1 : 1);
    const bool even = std::all_of(cuts.begin(), body, [&](std::int64_t n) { return n == cuts.front(); });
    if (cuts.size() <= shown) text += arrays::to_string(cuts);
    else if (even && cuts.back() == cuts.front()) text += fmt::format("{} x {}", cuts.size(), cuts.front());
    else if (even) text += fmt::format("{} x {} and {}", cuts.size() - 1, cuts.front(), cuts.back());
    else text += fmt::format("{} of at most {}", cuts.size(), *std::ranges::max_element(cuts));
  }
  return text + ")";
}
}  // namespace tessera::arrays::shape
