// Columns are gathered a few at a time into runs, which stay in the second cache, as keys: integers in the order of the elements. A histogram of
// the keys' range tells in which bins the wanted ranks are; only these few keys are ordered.
#include "arrays/kernels/quantile.hpp"

#include "arrays/promotion.hpp"
#include "arrays/shape/grid.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

namespace tessera::arrays::kernels {
namespace {
template <class T>
using KeyOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::conditional_t<sizeof(T) == 4, std::uint32_t, std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>>>;

/// Of elements in order; NaN comes last, and no other element has its key.
template <class T>
KeyOf<T> key_of(T value) {
  using Bits = BitsOf<T>;
  constexpr Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(T) - 1));
  const Bits bits = std::bit_cast<Bits>(value);
  if constexpr (std::is_floating_point_v<T>) return value != value ? ~Bits{0} : (bits & sign) != 0 ? static_cast<Bits>(~bits) : static_cast<Bits>(bits | sign);
  else return static_cast<Bits>(bits ^ (std::is_signed_v<T> ? sign : Bits{0}));
}
template <class T>
T value_of(KeyOf<T> key) {
  using Bits = BitsOf<T>;
  constexpr Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(T) - 1));
  const Bits bits = static_cast<Bits>(key);
  if constexpr (std::is_floating_point_v<T>) return std::bit_cast<T>((bits & sign) != 0 ? static_cast<Bits>(bits ^ sign) : static_cast<Bits>(~bits));
  else return std::bit_cast<T>(static_cast<Bits>(bits ^ (std::is_signed_v<T> ? sign : Bits{0})));
}

/// Puts the keys at some ranks of a run into order.
template <class Key>
class Selection {
 public:
  static constexpr std::size_t slots_max = 200;
  /// Of at most `slots_max` ranks, sorted, the keys there. Changes the order of `keys`.
  void select(std::span<Key> keys, std::span<const std::size_t> ranks, std::vector<Key>& found) {
    found.clear();
    if (keys.size() < few) {
      std::sort(keys.begin(), keys.end());
      for (const std::size_t rank : ranks) found.push_back(keys[rank]);
      return;
    }
    Key low = keys[0], high = keys[0];
    for (const Key key : keys) low = std::min(low, key), high = std::max(high, key);
    const int shift = std::max(0, static_cast<int>(std::bit_width(static_cast<Key>(high - low))) - bin_bits);
    counts_.fill(0);
    for (const Key key : keys) ++counts_[(key - low) >> shift];
    divide(ranks);
    collect(keys, low, shift);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      Wanted& bin = wanted_[bin_of_rank_[i]];
      std::nth_element(bin.keys.begin() + bin.ordered, bin.keys.begin() + static_cast<std::ptrdiff_t>(ranks[i] - bin.before), bin.keys.end());
      bin.ordered = static_cast<std::ptrdiff_t>(ranks[i] - bin.before);
      found.push_back(bin.keys[ranks[i] - bin.before]);
    }
  }

 private:
  static constexpr int bin_bits = 10;
  static constexpr std::size_t few = 128;
  /// A bin in which a rank is.
  struct Wanted {
    std::size_t before = 0;  ///< Keys in the bins before it.
    std::vector<Key> keys = {};
    std::ptrdiff_t ordered = 0;         ///< Keys before it are no larger than those behind.
  };

  /// Finds the bins of the ranks; `slot_` has for each bin which of them it is, from 1 on.
  void divide(std::span<const std::size_t> ranks) {
    wanted_.clear(), bin_of_rank_.clear();
    slot_.fill(0);
    std::size_t bin = 0, before = 0, known = bins;
    for (const std::size_t rank : ranks) {
      while (before + counts_[bin] <= rank) before += counts_[bin++];
      if (known != bin) {
        known = bin;
        wanted_.push_back({before, std::vector<Key>(counts_[bin])});
        slot_[bin] = static_cast<std::uint8_t>(wanted_.size());
      }
      bin_of_rank_.push_back(wanted_.size() - 1);
    }
  }
  /// Without a branch: keys that nobody wants go to one place, each over the one before.
  void collect(std::span<const Key> keys, Key low, int shift) {
    Key unwanted{};
    std::array<Key*, slots_max + 1> to{};
    to[0] = &unwanted;
    for (std::size_t i = 0; i < wanted_.size(); ++i) to[i + 1] = wanted_[i].keys.data();
    for (const Key key : keys) {
      const std::uint8_t slot = slot_[(key - low) >> shift];
      *to[slot] = key;
      to[slot] += slot != 0;
    }
  }

  static constexpr std::size_t bins = std::size_t{1} << bin_bits;
  std::array<std::uint32_t, bins> counts_;
  std::array<std::uint8_t, bins> slot_;
  std::vector<Wanted> wanted_;
  std::vector<std::size_t> bin_of_rank_;
};

/// A quantile of `n` elements in order: the ranks of its neighbours, and how far it is from the first to the second.
struct Target {
  std::size_t low, high;
  double share;
};
Target target_of(double share, std::size_t n, Between between) {
  const double at = share * static_cast<double>(n - 1), floor = std::floor(at), ceil = std::ceil(at);
  const auto both = [](double low, double high, double part) { return Target{static_cast<std::size_t>(low), static_cast<std::size_t>(high), part}; };
  switch (between) {
    case Between::lower: return both(floor, floor, 0);
    case Between::higher: return both(ceil, ceil, 0);
    case Between::nearest: return both(std::nearbyint(at), std::nearbyint(at), 0);
    case Between::midpoint:
    case Between::mean: return both(floor, ceil, floor == ceil ? 0 : 0.5);
    case Between::linear: break;
  }
  return both(floor, ceil, at - floor);
}

/// NumPy's, which keeps to both ends.
double between_two(double a, double b, const Target& target, Between between) {
  if (target.low == target.high) return a;
  if (between == Between::mean) return (a + b) / 2;
  return target.share >= 0.5 ? b - (b - a) * (1 - target.share) : a + (b - a) * target.share;
}

/// How the elements that one result is made of lie: `runs` begin at these offsets from the first and are `length` long; results that lie next to each
/// other are `width`.
struct Walk {
  std::vector<std::int64_t> cells, runs;
  std::int64_t length = 1, width = 1;
};
/// Dimensions outside of the innermost ones, collected from the last on.
struct Outer {
  Shape lengths, strides;
  void add(std::int64_t length, std::int64_t stride) { lengths.insert(lengths.begin(), length), strides.insert(strides.begin(), stride); }
  std::vector<std::int64_t> offsets() const {
    std::vector<std::int64_t> all;
    Shape at(lengths.size(), 0);
    do {
      std::int64_t offset = 0;
      for (std::size_t i = 0; i < at.size(); ++i) offset += at[i] * strides[i];
      all.push_back(offset);
    } while (shape::next_index(at, lengths));
    return all;
  }
};
Walk walk_of(ShapeView lengths, std::span<const std::size_t> axes) {
  Walk walk;
  Outer kept, reduced;
  std::int64_t stride = 1;
  bool is_inner = true;
  std::optional<bool> inner_reduced;
  for (std::size_t i = lengths.size(); i-- > 0; stride *= lengths[i]) {
    const bool is_reduced = std::ranges::binary_search(axes, i);
    if (lengths[i] == 1 && !is_reduced) continue;  // Along the axes blocks differ, and all are walked alike.
    if (!inner_reduced) inner_reduced = is_reduced;
    is_inner = is_inner && is_reduced == *inner_reduced;
    if (is_inner) (is_reduced ? walk.length : walk.width) *= lengths[i];
    else (is_reduced ? reduced : kept).add(lengths[i], stride);
  }
  walk.cells = kept.offsets(), walk.runs = reduced.offsets();
  return walk;
}

template <class T>
class Quantiles {
 public:
  using Key = KeyOf<T>;
  Quantiles(std::span<const Block> blocks, std::span<const std::size_t> axes, std::span<const double> shares, Between between, bool skips_nan, std::int64_t cells)
      : shares_(shares), between_(between), skips_nan_(skips_nan), cells_(cells) {
    for (const Block& block : blocks) {
      if (block.size() == 0) continue;
      pieces_.push_back({block.data<T>().data(), walk_of(block.shape(), axes)});
      n_ += pieces_.back().elements();
    }
    keys_.resize(n_ * columns_max);
  }

  /// Writes result `s` of cell `c` to `s * cells + c`.
  template <class To>
  void run(To* to) {
    std::int64_t cell = 0;
    const std::int64_t width = pieces_.front().walk.width;  // Of all the same, as the number of cells.
    for (std::size_t i = 0; i < pieces_.front().walk.cells.size(); ++i)
      for (std::int64_t column = 0; column < width; column += static_cast<std::int64_t>(columns_max)) {
        const std::size_t columns = std::min(columns_max, static_cast<std::size_t>(width - column));
        std::size_t at = 0;
        for (const Piece& piece : pieces_) {
          gather(piece.walk, piece.data + piece.walk.cells[i] + column, columns, at);
          at += piece.elements();
        }
        for (std::size_t c = 0; c < columns; ++c) finish(std::span(keys_).subspan(c * n_, n_), to + cell++);
      }
  }

 private:
  static constexpr std::size_t columns_max = 64 / sizeof(T) < 16 ? 64 / sizeof(T) : 16;  ///< A cache line, if that is not too many.

  struct Piece {
    const T* data;
    Walk walk;
    std::size_t elements() const { return walk.runs.size() * static_cast<std::size_t>(walk.length); }
  };

  /// The keys of some columns go behind the first `at` of each.
  void gather(const Walk& walk, const T* from, std::size_t columns, std::size_t at) {
    if (walk.length > 1) {
      Key* to = keys_.data() + at;
      for (const std::int64_t run : walk.runs) {
        for (std::int64_t i = 0; i < walk.length; ++i) to[i] = key_of(from[run + i]);
        to += walk.length;
      }
    } else {
      columns == columns_max ? gather_rows<columns_max>(walk, from, columns, at) : gather_rows<1>(walk, from, columns, at);
    }
  }
  /// `together` columns at once: their rows are too far apart for the processor to see which are next.
  template <std::size_t together>
  void gather_rows(const Walk& walk, const T* from, std::size_t columns, std::size_t at) {
    constexpr std::size_t ahead = 24;
    for (std::size_t c = 0; c < columns; c += together)
      for (std::size_t i = 0; i < walk.runs.size(); ++i) {
        const T* row = from + walk.runs[i] + static_cast<std::int64_t>(c);
        if (i + ahead < walk.runs.size()) __builtin_prefetch(from + walk.runs[i + ahead] + static_cast<std::int64_t>(c));
        Key keys[together];
        for (std::size_t k = 0; k < together; ++k) keys[k] = key_of(row[k]);
        for (std::size_t k = 0; k < together; ++k) keys_[(c + k) * n_ + at + i] = keys[k];
      }
  }

  template <class To>
  void finish(std::span<Key> keys, To* to) {
    if constexpr (std::is_floating_point_v<T>) {
      constexpr Key nan = static_cast<Key>(~Key{0});
      const auto missing = static_cast<std::size_t>(std::ranges::count(keys, nan));
      if (missing > 0 && skips_nan_) keys = keys.first(static_cast<std::size_t>(std::remove(keys.begin(), keys.end(), nan) - keys.begin()));
      if (keys.empty() || (missing > 0 && !skips_nan_)) {
        for (std::size_t s = 0; s < shares_.size(); ++s) to[static_cast<std::int64_t>(s) * cells_] = std::numeric_limits<To>::quiet_NaN();
        return;
      }
    }
    for (std::size_t first = 0; first < shares_.size(); first += shares_max) {
      const auto some = shares_.subspan(first, std::min(shares_max, shares_.size() - first));
      if (n_of_targets_ != keys.size() || shares_.size() > shares_max) aim(some, keys.size());
      selection_.select(keys, ranks_, found_);
      const auto at = [&](std::size_t rank) { return value_of<T>(found_[static_cast<std::size_t>(std::ranges::lower_bound(ranks_, rank) - ranks_.begin())]); };
      for (std::size_t s = 0; s < some.size(); ++s) {
        To& result = to[static_cast<std::int64_t>(first + s) * cells_];
        if constexpr (std::is_same_v<T, To> && !std::is_floating_point_v<T>) result = at(targets_[s].low);
        else result = static_cast<To>(between_two(static_cast<double>(at(targets_[s].low)), static_cast<double>(at(targets_[s].high)), targets_[s], between_));
      }
    }
  }
  void aim(std::span<const double> shares, std::size_t n) {
    n_of_targets_ = n;
    targets_.clear(), ranks_.clear();
    for (const double share : shares) {
      targets_.push_back(target_of(share, n, between_));
      ranks_.insert(ranks_.end(), {targets_.back().low, targets_.back().high});
    }
    std::ranges::sort(ranks_);
    ranks_.erase(std::unique(ranks_.begin(), ranks_.end()), ranks_.end());
  }

  static constexpr std::size_t shares_max = Selection<Key>::slots_max / 2;
  std::vector<Piece> pieces_;
  std::span<const double> shares_;
  Between between_;
  bool skips_nan_;
  std::int64_t cells_;
  std::size_t n_ = 0, n_of_targets_ = 0;
  std::vector<Key> keys_, found_;
  std::vector<Target> targets_;
  std::vector<std::size_t> ranks_;
  Selection<Key> selection_;
};
}  // namespace

Dtype quantile_dtype(Dtype dtype, Between between) {
  const bool is_element = between == Between::lower || between == Between::higher || between == Between::nearest;
  return is_element || is_real_floating(dtype) ? dtype : Dtype::float64;
}

runtime::Result<Block> quantiles(std::span<const Block> blocks, std::span<const std::size_t> axes, std::span<const double> shares, Between between, bool skips_nan) {
  const auto wrong = [](const std::string& sentence) { return runtime::Failure{runtime::ErrorCode::invalid_argument, sentence}; };
  if (blocks.empty()) return wrong("there are no quantiles of no block");
  const Dtype dtype = blocks.front().dtype();
  if (!is_integer(dtype) && !is_real_floating(dtype)) return wrong("quantiles are of integers and floats, not of " + std::string(to_string(dtype)));
  if (between > Between::mean) return wrong("there is no such method of quantiles");
  for (const double share : shares)
    if (!(share >= 0 && share <= 1)) return wrong("a share of quantiles is not from 0 to 1");
  Shape result(blocks.front().shape().begin(), blocks.front().shape().end());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] >= result.size() || (i > 0 && axes[i] <= axes[i - 1])) return wrong("the axes of quantiles are not sorted, or not there");
    result[axes[i]] = 1;
  }
  std::int64_t elements = 0;
  for (const Block& block : blocks) {
    bool fits = block.dtype() == dtype && block.rank() == result.size();
    for (std::size_t i = 0; fits && i < result.size(); ++i) fits = block.shape()[i] == result[i] || std::ranges::binary_search(axes, i);
    if (!fits) return wrong("blocks of the shapes " + arrays::to_string(blocks.front().shape()) + " and " + arrays::to_string(block.shape()) + " have no quantiles together");
    elements += block.size();
  }
  const std::int64_t cells = *element_count(result);
  if (cells > 0 && elements == 0) return wrong("there are no quantiles of nothing");
  result.insert(result.begin(), std::ssize(shares));
  const Dtype to = quantile_dtype(dtype, between);
  if (result.size() > rank_max || !Block::size_bytes_of(to, result)) return wrong("no block has the shape of the quantiles");
  BlockBuilder builder(to, result);
  if (cells == 0 || shares.empty()) return std::move(builder).freeze();
  with_real_type(dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) {
      Quantiles<T> all(blocks, axes, shares, between, skips_nan, cells);
      if (to == dtype) all.run(builder.data<T>().data());
      else all.run(builder.data<double>().data());
    }
  });
  return std::move(builder).freeze();
}
}  // namespace tessera::arrays::kernels
