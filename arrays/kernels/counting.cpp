// What is counted: different elements, elements in bins, and searches in what is sorted.
#include "arrays/kernels/keys.hpp"
#include "arrays/kernels/sorting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

Failure wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

template <class U>
struct Found {
  U key;
  std::int64_t first, count;
  U bits;
};

/// The different ones in order; each missing one is by itself.
template <class U>
Uniques packed(std::vector<Found<U>> all, Dtype dtype) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.key < b.key || (a.key == b.key && a.first < b.first); });
  const Keys<U> key_of(dtype, false, true);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_known = kept > 0 && all[kept - 1].key == all[i].key && !key_of.is_missing(all[kept - 1].bits) && !key_of.is_missing(all[i].bits);
    if (is_known) all[kept - 1].count += all[i].count;
    else all[kept++] = all[i];
  }
  const std::int64_t shape[] = {static_cast<std::int64_t>(kept)};
  BlockBuilder values(dtype, shape), first(Dtype::int64, shape), counts(Dtype::int64, shape);
  for (std::size_t i = 0; i < kept; ++i) {
    reinterpret_cast<U*>(values.raw().data())[i] = all[i].bits;
    first.data<std::int64_t>()[i] = all[i].first;
    counts.data<std::int64_t>()[i] = all[i].count;
  }
  return {std::move(values).freeze(), std::move(first).freeze(), std::move(counts).freeze()};
}

std::optional<Failure> check(const Uniques& one, Dtype dtype) {
  bool fits = one.size() == 3 && one[0].dtype() == dtype && one[1].dtype() == Dtype::int64 && one[2].dtype() == Dtype::int64 && one[0].rank() == 1;
  fits = fits && std::ranges::equal(one[0].shape(), one[1].shape()) && std::ranges::equal(one[0].shape(), one[2].shape());
  if (fits) return std::nullopt;
  return wrong(fmt::format("what is merged or searched is not different elements of {}, their places and counts", to_string(dtype)));
}

template <class U>
std::vector<U> keys_of(const Block& block) {
  const Keys<U> key_of(block.dtype(), false, true);
  std::vector<U> keys(static_cast<std::size_t>(block.size()));
  std::transform(bits_of<U>(block), bits_of<U>(block) + block.size(), keys.begin(), key_of);
  return keys;
}

template <class T, class Visit>
Block counted(ShapeView shape, const Visit& visit) {
  return Block::make<T>(shape, [&](std::span<T> to) {
    std::ranges::fill(to, T{});
    visit(to);
  });
}
std::optional<Failure> check_weights(const Block& block, const Block* weights) {
  if (weights == nullptr || (weights->dtype() == Dtype::float64 && std::ranges::equal(weights->shape(), block.shape()))) return std::nullopt;
  return wrong(fmt::format("weights are float64 of the shape {}, not {} of {}", to_string(block.shape()), to_string(weights->dtype()), to_string(weights->shape())));
}
}  // namespace

runtime::Result<Block> search(const Block& in_order, const Block& values, Side side) {
  if (const auto ordered = need_order("searchsorted", values.dtype()); !ordered) return ordered.failure();
  if (in_order.rank() != 1 || in_order.dtype() != values.dtype())
    return wrong(fmt::format("{} of shape {} are not searched in {} of shape {}", to_string(values.dtype()), to_string(values.shape()), to_string(in_order.dtype()),
                             to_string(in_order.shape())));
  return Block::make<std::int64_t>(values.shape(), [&](std::span<std::int64_t> to) {
    with_key_type(values.dtype(), [&]<class U>() {
      const std::vector<U> keys = keys_of<U>(in_order);
      const Keys<U> key_of(values.dtype(), false, true);
      const U* from = bits_of<U>(values);
      for (std::size_t i = 0; i < to.size(); ++i) {
        const U key = key_of(from[i]);
        to[i] = (side == Side::left ? std::lower_bound(keys.begin(), keys.end(), key) : std::upper_bound(keys.begin(), keys.end(), key)) - keys.begin();
      }
    });
  });
}

runtime::Result<Uniques> uniques(const Block& block, std::int64_t start) {
  if (const auto ordered = need_order("unique", block.dtype()); !ordered) return ordered.failure();
  return with_key_type(block.dtype(), [&]<class U>() {
    const Keys<U> key_of(block.dtype(), false, true);
    const U* from = bits_of<U>(block);
    std::vector<std::pair<U, std::int64_t>> in_order(static_cast<std::size_t>(block.size()));
    for (std::size_t i = 0; i < in_order.size(); ++i) in_order[i] = {key_of(from[i]), static_cast<std::int64_t>(i)};
    std::sort(in_order.begin(), in_order.end());
    std::vector<Found<U>> all;
    for (const auto& [key, i] : in_order) {
      if (!all.empty() && all.back().key == key && !key_of.is_missing(all.back().bits) && !key_of.is_missing(from[i])) ++all.back().count;
      else all.push_back({key, start + i, 1, from[i]});
    }
    return packed(std::move(all), block.dtype());
  });
}

runtime::Result<Uniques> merged_uniques(std::span<const Uniques> parts) {
  if (parts.empty() || parts.front().empty()) return wrong("there are no different elements to merge");
  const Dtype dtype = parts.front()[0].dtype();
  for (const Uniques& one : parts)
    if (const auto failure = check(one, dtype)) return *failure;
  if (parts.size() == 1) return parts.front();
  return with_key_type(dtype, [&]<class U>() {
    const Keys<U> key_of(dtype, false, true);
    std::vector<Found<U>> all;
    for (const Uniques& one : parts)
      for (std::size_t i = 0; i < static_cast<std::size_t>(one[0].size()); ++i) {
        const U bits = bits_of<U>(one[0])[i];
        all.push_back({key_of(bits), one[1].data<std::int64_t>()[i], one[2].data<std::int64_t>()[i], bits});
      }
    return packed(std::move(all), dtype);
  });
}

runtime::Result<Block> inverse(const Block& block, std::int64_t start, const Uniques& of) {
  if (const auto failure = check(of, block.dtype())) return *failure;
  return Block::make<std::int64_t>(block.shape(), [&](std::span<std::int64_t> to) {
    with_key_type(block.dtype(), [&]<class U>() {
      const std::vector<U> keys = keys_of<U>(of[0]);
      const Keys<U> key_of(block.dtype(), false, true);
      const U* from = bits_of<U>(block);
      const auto first = of[1].data<std::int64_t>();
      const std::span<const U> different(bits_of<U>(of[0]), keys.size());
      const auto is_missing = [&](U bits) { return key_of.is_missing(bits); };
      const auto missing = static_cast<std::size_t>(std::find_if(different.begin(), different.end(), is_missing) - different.begin());
      for (std::size_t i = 0; i < to.size(); ++i) {
        if (key_of.is_missing(from[i]))  // Those follow each other in the order of their places.
          to[i] = std::lower_bound(first.begin() + static_cast<std::ptrdiff_t>(missing), first.end(), start + static_cast<std::int64_t>(i)) - first.begin();
        else to[i] = std::lower_bound(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(missing), key_of(from[i])) - keys.begin();
      }
    });
  });
}

runtime::Result<Block> is_in(const Block& block, const Uniques& of) {
  if (const auto failure = check(of, block.dtype())) return *failure;
  return Block::make<bool>(block.shape(), [&](std::span<bool> to) {
    with_key_type(block.dtype(), [&]<class U>() {
      const std::vector<U> keys = keys_of<U>(of[0]);
      const Keys<U> key_of(block.dtype(), false, true);
      const U* from = bits_of<U>(block);
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = !key_of.is_missing(from[i]) && std::binary_search(keys.begin(), keys.end(), key_of(from[i]));
    });
  });
}

runtime::Result<Block> histogram(const Block& block, const Block& edges, const Block* weights) {
  if (const auto failure = check_weights(block, weights)) return *failure;
  if (block.dtype() != Dtype::float64 || edges.dtype() != Dtype::float64 || edges.rank() != 1 || edges.size() < 2)
    return wrong(fmt::format("{} with edges {} of shape {} make no histogram: both are float64, and there are at least two edges", to_string(block.dtype()), to_string(edges.dtype()),
                             to_string(edges.shape())));
  const auto borders = edges.data<double>(), elements = block.data<double>();
  for (std::size_t i = 0; i < borders.size(); ++i)
    if (std::isnan(borders[i]) || (i > 0 && borders[i] < borders[i - 1]))
      return wrong(fmt::format("edge {} of a histogram, {}, is NaN or less than the one before; edges increase, and a range that is not given needs data without NaN", i, borders[i]));
  const std::int64_t shape[] = {1, edges.size() - 1};
  const auto fill = [&](auto to) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const double value = elements[i];
      if (!(value >= borders.front() && value <= borders.back())) continue;
      const auto bin = value == borders.back() ? to.size() - 1 : static_cast<std::size_t>(std::upper_bound(borders.begin(), borders.end(), value) - borders.begin()) - 1;
      if (weights == nullptr) to[bin] += 1;
      else to[bin] += static_cast<std::decay_t<decltype(to[bin])>>(weights->data<double>()[i]);
    }
  };
  return weights == nullptr ? counted<std::int64_t>(shape, fill) : counted<double>(shape, fill);
}

runtime::Result<Block> bincount(const Block& block, const Block* weights, std::int64_t least) {
  if (const auto failure = check_weights(block, weights)) return *failure;
  if (block.dtype() != Dtype::int64) return wrong(fmt::format("bincount takes int64, not {}", to_string(block.dtype())));
  const auto numbers = block.data<std::int64_t>();
  std::int64_t length = std::max<std::int64_t>(least, 0);
  for (const std::int64_t number : numbers) {
    if (number < 0) return wrong(fmt::format("bincount meets the number {}: it counts numbers from 0 on", number));
    length = std::max(length, number < std::numeric_limits<std::int64_t>::max() ? number + 1 : number);
  }
  const std::int64_t shape[] = {length};
  if (!Block::size_bytes_of(Dtype::int64, shape)) return wrong(fmt::format("bincount meets the number {}: no block has so many counts", length - 1));
  const auto fill = [&](auto to) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      auto& count = to[static_cast<std::size_t>(numbers[i])];
      if (weights == nullptr) count += 1;
      else count += static_cast<std::decay_t<decltype(count)>>(weights->data<double>()[i]);
    }
  };
  return weights == nullptr ? counted<std::int64_t>(shape, fill) : counted<double>(shape, fill);
}

runtime::Result<Block> added(std::span<const Block> blocks) {
  if (blocks.empty()) return wrong("there is nothing to add");
  const Block* longest = &blocks.front();
  for (const Block& one : blocks) {
    if (one.size() > longest->size()) longest = &one;
    const bool fits = one.dtype() == blocks.front().dtype() && (one.dtype() == Dtype::int64 || one.dtype() == Dtype::float64) &&
                      ((one.rank() == 1 && blocks.front().rank() == 1) || std::ranges::equal(one.shape(), blocks.front().shape()));
    if (!fits) return wrong("blocks to add are int64 or float64, of one dimension or of one shape");
  }
  const auto fill = [&](auto to) {
    for (const Block& one : blocks) {
      const auto from = one.data<std::decay_t<decltype(to[0])>>();
      for (std::size_t i = 0; i < from.size(); ++i) to[i] += from[i];
    }
  };
  return longest->dtype() == Dtype::int64 ? counted<std::int64_t>(longest->shape(), fill) : counted<double>(longest->shape(), fill);
}
}  // namespace tessera::arrays::kernels
