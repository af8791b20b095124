#include "arrays/kernels/sorting.hpp"

#include "arrays/kernels/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

Failure wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

std::int64_t product(ShapeView shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) count *= length;
  return count;
}

std::optional<Failure> check(std::string_view function, const Block& block, std::size_t axis) {
  if (const auto ordered = need_order(function, block.dtype()); !ordered) return ordered.failure();
  if (axis >= block.rank()) return wrong(fmt::format("{}: axis {} is not one of the shape {}", function, axis, to_string(block.shape())));
  return std::nullopt;
}

/// The lines of a block along an axis.
struct Lines {
  std::int64_t outer, length, inner;
  Lines(ShapeView shape, std::size_t axis) : outer(product(shape.first(axis))), length(shape[axis]), inner(product(shape.subspan(axis + 1))) {}
  /// Calls `visit(first element of a line)`; its next one lies `inner` behind.
  template <class Visit>
  void each(const Visit& visit) const {
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t i = 0; i < inner; ++i) visit(o * length * inner + i);
  }
};

/// An element on its way: its key, its position, and where it lies.
template <class U>
struct Entry {
  U key;
  std::int64_t position;
  U bits;
  friend bool operator<(const Entry& a, const Entry& b) { return a.key < b.key || (a.key == b.key && a.position < b.position); }
};

/// What is next of a sorted line.
template <class U>
struct Head {
  Head(const U* bits, const std::int64_t* position, std::int64_t count, std::int64_t step, const Keys<U>& key_of)
      : entry{key_of(*bits), *position, *bits}, bits_(bits), position_(position), left_(count), step_(step) {}
  /// False behind the last.
  bool next(const Keys<U>& key_of) {
    if (--left_ == 0) return false;
    bits_ += step_, position_ += step_;
    entry = {key_of(*bits_), *position_, *bits_};
    return true;
  }
  Entry<U> entry;

 private:
  const U* bits_;
  const std::int64_t* position_;
  std::int64_t left_, step_;
};

Shape with_length(ShapeView shape, std::size_t axis, std::int64_t length) {
  Shape result(shape.begin(), shape.end());
  result[axis] = length;
  return result;
}
}  // namespace

runtime::Result<void> need_order(std::string_view function, Dtype dtype) {
  if (dtype != Dtype::complex64 && dtype != Dtype::complex128) return {};
  return Failure{ErrorCode::type_mismatch, fmt::format("{} takes what has an order: real numbers, bool and time, not {}", function, to_string(dtype))};
}

runtime::Result<Block> sort(const Block& block, std::size_t axis, Order order) {
  if (const auto failure = check("sort", block, axis)) return *failure;
  BlockBuilder builder(block.dtype(), block.shape());
  with_key_type(block.dtype(), [&]<class U>() {
    const Keys<U> key_of(block.dtype(), order == Order::down, false);
    const Lines lines(block.shape(), axis);
    const U* from = bits_of<U>(block);
    U* to = reinterpret_cast<U*>(builder.raw().data());
    std::vector<U> keys(static_cast<std::size_t>(lines.length));
    lines.each([&](std::int64_t first) {
      for (std::int64_t i = 0; i < lines.length; ++i) keys[static_cast<std::size_t>(i)] = key_of(from[first + i * lines.inner]);
      std::sort(keys.begin(), keys.end());
      for (std::int64_t i = 0; i < lines.length; ++i) to[first + i * lines.inner] = key_of.element(keys[static_cast<std::size_t>(i)]);
    });
  });
  return std::move(builder).freeze();
}

runtime::Result<Block> argsort(const Block& block, std::size_t axis, Order order) {
  auto both = sorted(block, axis, order, 0, axis < block.rank() ? block.shape()[axis] : 0);
  if (!both) return both.failure();
  return (*both)[1];
}

runtime::Result<Sorted> sorted(const Block& block, std::size_t axis, Order order, std::int64_t start, std::int64_t most) {
  if (const auto failure = check("sort", block, axis)) return *failure;
  const Lines lines(block.shape(), axis);
  const std::int64_t kept = std::clamp<std::int64_t>(most, 0, lines.length);
  const Shape shape = with_length(block.shape(), axis, kept);
  BlockBuilder values(block.dtype(), shape), positions(Dtype::int64, shape);
  with_key_type(block.dtype(), [&]<class U>() {
    const Keys<U> key_of(block.dtype(), order == Order::down, true);
    const U* from = bits_of<U>(block);
    U* to = reinterpret_cast<U*>(values.raw().data());
    const auto at = positions.data<std::int64_t>();
    std::vector<Entry<U>> entries(static_cast<std::size_t>(lines.length));
    const Lines results(shape, axis);
    for (std::int64_t o = 0; o < lines.outer; ++o)
      for (std::int64_t i = 0; i < lines.inner; ++i) {
        for (std::int64_t k = 0; k < lines.length; ++k) {
          const U bits = from[(o * lines.length + k) * lines.inner + i];
          entries[static_cast<std::size_t>(k)] = {key_of(bits), start + k, bits};
        }
        if (kept == lines.length) std::sort(entries.begin(), entries.end());
        else std::partial_sort(entries.begin(), entries.begin() + kept, entries.end());
        for (std::int64_t k = 0; k < kept; ++k) {
          const std::int64_t element = (o * kept + k) * lines.inner + i;
          to[element] = entries[static_cast<std::size_t>(k)].bits;
          at[static_cast<std::size_t>(element)] = entries[static_cast<std::size_t>(k)].position;
        }
      }
  });
  return Sorted{std::move(values).freeze(), std::move(positions).freeze()};
}

runtime::Result<Sorted> merged(std::span<const Sorted> parts, std::size_t axis, Order order, std::int64_t first, std::int64_t count) {
  std::int64_t length = 0;
  for (const Sorted& one : parts) {
    const bool fits = one.size() == 2 && one[1].dtype() == Dtype::int64 && std::ranges::equal(one[0].shape(), one[1].shape());
    if (!fits) return wrong("what is merged is not sorted elements with their positions");
    if (const auto failure = check("sort", one[0], axis)) return *failure;
    const Block& same = parts.front()[0];
    if (one[0].dtype() != same.dtype() || with_length(one[0].shape(), axis, 0) != with_length(same.shape(), axis, 0))
      return wrong(fmt::format("sorted parts of the shapes {} and {} do not merge along axis {}", to_string(same.shape()), to_string(one[0].shape()), axis));
    length += one[0].shape()[axis];
  }
  if (parts.empty() || first < 0 || count < 0) return wrong("there is nothing to merge");
  first = std::min(first, length);
  const std::int64_t kept = std::min(count, length - first);
  const Shape shape = with_length(parts.front()[0].shape(), axis, kept);
  BlockBuilder values(parts.front()[0].dtype(), shape), positions(Dtype::int64, shape);
  with_key_type(parts.front()[0].dtype(), [&]<class U>() {
    const Keys<U> key_of(parts.front()[0].dtype(), order == Order::down, true);
    U* to = reinterpret_cast<U*>(values.raw().data());
    const auto at = positions.data<std::int64_t>();
    const Lines lines(shape, axis);
    std::vector<Head<U>> heads;
    for (std::int64_t o = 0; o < lines.outer; ++o)
      for (std::int64_t i = 0; i < lines.inner; ++i) {
        heads.clear();
        for (const Sorted& one : parts) {
          const std::int64_t its = one[0].shape()[axis], start = o * its * lines.inner + i;
          if (its > 0) heads.emplace_back(bits_of<U>(one[0]) + start, one[1].data<std::int64_t>().data() + start, its, lines.inner, key_of);
        }
        for (std::int64_t k = -first; k < kept; ++k) {
          auto least = heads.begin();
          for (auto head = least + 1; head < heads.end(); ++head)
            if (head->entry < least->entry) least = head;
          if (k >= 0) {
            const std::int64_t element = (o * kept + k) * lines.inner + i;
            to[element] = least->entry.bits;
            at[static_cast<std::size_t>(element)] = least->entry.position;
          }
          if (!least->next(key_of)) heads.erase(least);
        }
      }
  });
  return Sorted{std::move(values).freeze(), std::move(positions).freeze()};
}
}  // namespace tessera::arrays::kernels
