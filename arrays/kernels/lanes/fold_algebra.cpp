#include "arrays/kernels/lanes/algebra.hpp"

#include "arrays/promotion.hpp"
#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tessera::arrays::kernels {
namespace {
using Complex = std::complex<double>;

bool is_missing(Complex value) { return value.real() != value.real() || value.imag() != value.imag(); }
std::int64_t add_lengths(std::int64_t a, std::int64_t b) {
  if (a == not_a_time || b == not_a_time) return not_a_time;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
template <bool is_max, bool skips>
std::int64_t extreme_time(std::int64_t a, std::int64_t b) {
  if (a == not_a_time || b == not_a_time) return !skips ? not_a_time : a == not_a_time ? b : a;
  return is_max ? std::max(a, b) : std::min(a, b);
}
Complex add_complex(Complex a, Complex b) { return {a.real() + b.real(), a.imag() + b.imag()}; }
Complex multiply_complex(Complex a, Complex b) { return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()}; }

template <class T, auto function>
FoldLoops loops() {
  return {[](const void* from, std::size_t n, void* to) {
            const T* values = static_cast<const T*>(from);
            T result = values[0];
            for (std::size_t i = 1; i < n; ++i) result = function(result, values[i]);
            *static_cast<T*>(to) = result;
          },
          [](const void* from, std::size_t n, void* to) {
            for (std::size_t i = 0; i < n; ++i) static_cast<T*>(to)[i] = function(static_cast<T*>(to)[i], static_cast<const T*>(from)[i]);
          }};
}
/// A run of complex numbers as two halves, so that its sum is pairwise.
Complex sum_pairwise(const Complex* values, std::size_t n) {
  if (n <= 8) {
    Complex sum = values[0];
    for (std::size_t i = 1; i < n; ++i) sum = add_complex(sum, values[i]);
    return sum;
  }
  return add_complex(sum_pairwise(values, n / 2), sum_pairwise(values + n / 2, n - n / 2));
}

FoldLoops fold_loops(const Lanes& lanes, Fold with, Dtype dtype) {
  if (dtype == Dtype::complex128) {
    FoldLoops sums = loops<Complex, add_complex>();
    sums.fold = [](const void* from, std::size_t n, void* to) { *static_cast<Complex*>(to) = sum_pairwise(static_cast<const Complex*>(from), n); };
    return with == Fold::add ? sums : loops<Complex, multiply_complex>();
  }
  if (is_time(dtype)) switch (with) {
      case Fold::minimum: return loops<std::int64_t, extreme_time<false, false>>();
      case Fold::maximum: return loops<std::int64_t, extreme_time<true, false>>();
      case Fold::fmin: return loops<std::int64_t, extreme_time<false, true>>();
      case Fold::fmax: return loops<std::int64_t, extreme_time<true, true>>();
      default: return loops<std::int64_t, add_lengths>();
    }
  if (!is_real_floating(dtype) && with == Fold::fmin) with = Fold::minimum;
  if (!is_real_floating(dtype) && with == Fold::fmax) with = Fold::maximum;
  return lanes.fold(with, dtype);
}

Fold fold_of(Reducer by) {
  switch (by) {
    case Reducer::prod:
    case Reducer::nanprod: return Fold::multiply;
    case Reducer::min:
    case Reducer::all: return Fold::minimum;
    case Reducer::max:
    case Reducer::any: return Fold::maximum;
    case Reducer::nanmin: return Fold::fmin;
    case Reducer::nanmax: return Fold::fmax;
    default: return Fold::add;
  }
}

/// What changes nothing; for `fmin` and `fmax`, NaN. NaT comes after every minimum and maximum, so the ends of time do.
Scalar identity_of(Fold with, Dtype dtype) {
  return with_type(dtype, [&]<class T>() {
    if constexpr (TimeElement<T>) {
      const bool is_sum = with == Fold::add, skips = with == Fold::fmin || with == Fold::fmax;
      const std::int64_t max = std::numeric_limits<std::int64_t>::max();
      return Scalar::of(T{is_sum ? 0 : skips ? not_a_time : with == Fold::minimum ? max : -max});
    } else if constexpr (ComplexElement<T>) {
      return Scalar::of(with == Fold::add ? T(0) : T(1));
    } else {
      using Limits = std::numeric_limits<T>;
      constexpr bool is_float = std::is_floating_point_v<T>;
      if (with == Fold::add) return Scalar::of(T{0});
      if (with == Fold::multiply) return Scalar::of(T{1});
      if (is_float && (with == Fold::fmin || with == Fold::fmax)) return Scalar::of(Limits::quiet_NaN());
      const bool is_max = with == Fold::maximum || with == Fold::fmax;
      if constexpr (is_float) return Scalar::of(is_max ? -Limits::infinity() : Limits::infinity());
      else return Scalar::of(is_max ? Limits::lowest() : Limits::max());
    }
  });
}

class FoldAlgebra : public Algebra {
 public:
  FoldAlgebra(const Reduction& reduction, const Lanes& lanes, Widening widening)
      : lanes_(lanes), with_(fold_of(reduction.by)), widening_(std::move(widening)) {
    form = partial_form(reduction);
    loops_ = fold_loops(lanes, with_, form.dtype);
    TESSERA_ASSERT(loops_.fold != nullptr, "a reduction has no loop for a dtype that it takes");
    identity_ = identity_of(with_, form.dtype);
    replaces_ = leaves_nan_out(reduction.by) && (with_ == Fold::add || with_ == Fold::multiply);
  }
  void run(const void* elements, std::size_t n, std::int64_t, std::byte* state) override { loops_.fold(wide(elements, n), n, state); }
  void row(const void* elements, std::size_t row, std::size_t width, std::int64_t, std::byte* state) override {
    const void* from = wide(elements, width);
    if (row == 0) std::memcpy(state, from, state_bytes(width));
    else loops_.rows(from, width, state);
  }
  void merge(std::byte* state, const std::byte* next, std::size_t width) override { loops_.rows(next, width, state); }
  void identity(std::byte* state, std::size_t width) override {
    for (std::size_t i = 0; i < width; ++i) std::memcpy(state + i * size_bytes(form.dtype), identity_.raw().data(), size_bytes(form.dtype));
  }

 private:
  /// The elements as the partial has them; of `nansum` and the like with the identity where they are NaN.
  const void* wide(const void* elements, std::size_t n) {
    const void* from = widening_.of(elements, n);
    if (!replaces_) return from;
    if (form.dtype == Dtype::float64) {
      lanes_.replace_nan(static_cast<const double*>(from), n, identity_.as<double>(), reinterpret_cast<double*>(without_));
      return without_;
    }
    auto* to = reinterpret_cast<Complex*>(without_);
    if (form.dtype == Dtype::complex128) {
      for (std::size_t i = 0; i < n; ++i) to[i] = is_missing(static_cast<const Complex*>(from)[i]) ? identity_.as<Complex>() : static_cast<const Complex*>(from)[i];
      return without_;
    }
    return from;
  }
  const Lanes& lanes_;
  Fold with_;
  Widening widening_;
  FoldLoops loops_{};
  Scalar identity_;
  bool replaces_ = false;
  alignas(64) std::byte without_[tile_elements * 16];
};
}  // namespace

bool leaves_nan_out(Reducer by) { return by >= Reducer::nansum; }

Widening::Widening(const Lanes& lanes, Dtype from, Dtype to) {
  if (from != to) loops_.push_back(loop_of(lanes, Op::cast, std::span(&from, 1), to));
}
Widening::Widening(const Lanes& lanes, Dtype from, Dtype by, Dtype to) : Widening(lanes, from, by) {
  loops_.push_back(loop_of(lanes, Op::cast, std::span(&by, 1), to));
}
const void* Widening::of(const void* elements, std::size_t n) {
  for (std::size_t k = 0; k < loops_.size(); ++k) {
    const void* const in[3] = {elements, nullptr, nullptr};
    loops_[k](in, buffers_[k], n);
    elements = buffers_[k];
  }
  return elements;
}

std::unique_ptr<Algebra> fold_algebra(const Reduction& reduction, const Lanes& lanes) {
  const Dtype to = partial_form(reduction).dtype;
  return std::make_unique<FoldAlgebra>(reduction, lanes, reduction.by == Reducer::count_nonzero ? Widening(lanes, reduction.elements, Dtype::boolean, to)
                                                                                                : Widening(lanes, reduction.elements, to));
}
}  // namespace tessera::arrays::kernels
