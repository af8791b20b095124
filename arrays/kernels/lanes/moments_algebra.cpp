#include "arrays/kernels/lanes/algebra.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace tessera::arrays::kernels {
namespace {
/// States of `double` or complex numbers; counts and squares of complex numbers are the real parts of theirs.
template <class V>
class SumAlgebra : public Algebra {
 protected:
  static constexpr bool is_real = std::is_same_v<V, double>;
  SumAlgebra(const Reduction& reduction, const Lanes& lanes)
      : skips_(leaves_nan_out(reduction.by)), lanes_(lanes), widening_(lanes, reduction.elements, dtype_of<V>()),
        sum_(fold_algebra({Reducer::sum, dtype_of<V>(), dtype_of<V>()}, lanes)) {
    form = partial_form(reduction);
  }
  static bool is_missing(V value) { return value != value; }
  static double norm(V value) {
    if constexpr (is_real) return value * value;
    else return value.real() * value.real() + value.imag() * value.imag();
  }
  static double real(V value) {
    if constexpr (is_real) return value;
    else return value.real();
  }
  static V divide(V value, double by) {
    if constexpr (is_real) return value / by;
    else return {value.real() / by, value.imag() / by};
  }
  static V* values(std::byte* state) { return reinterpret_cast<V*>(state); }
  static const V* values(const std::byte* state) { return reinterpret_cast<const V*>(state); }

  const V* wide(const void* elements, std::size_t n) { return static_cast<const V*>(widening_.of(elements, n)); }
  /// `from` with `instead` for what is left out; how many count.
  std::size_t without_missing(const V* from, std::size_t n, V instead, V* to) {
    if constexpr (is_real) return lanes_.replace_nan(from, n, instead, to);
    std::size_t there = 0;
    for (std::size_t i = 0; i < n; ++i) to[i] = is_missing(from[i]) ? instead : from[i], there += is_missing(from[i]) ? 0 : 1;
    return there;
  }
  V sum(const V* from, std::size_t n) {
    V result;
    sum_->run(from, n, 0, reinterpret_cast<std::byte*>(&result));
    return result;
  }
  void identity(std::byte* state, std::size_t width) override { std::memset(state, 0, state_bytes(width)); }

  bool skips_;
  const Lanes& lanes_;
  Widening widening_;
  std::unique_ptr<Algebra> sum_;
  alignas(64) V there_[tile_elements];
};

template <class V>
class MeanAlgebra : public SumAlgebra<V> {
  using Base = SumAlgebra<V>;

 public:
  MeanAlgebra(const Reduction& reduction, const Lanes& lanes) : Base(reduction, lanes) {}
  void run(const void* elements, std::size_t n, std::int64_t, std::byte* state) override {
    const V* from = this->wide(elements, n);
    std::size_t count = n;
    if (this->skips_) count = this->without_missing(from, n, V(0), this->there_), from = this->there_;
    Base::values(state)[0] = this->sum(from, n);
    Base::values(state)[1] = static_cast<double>(count);
  }
  void row(const void* elements, std::size_t row, std::size_t width, std::int64_t, std::byte* state) override {
    const V* from = this->wide(elements, width);
    V* sums = Base::values(state);
    V* counts = sums + width;
    if (row == 0) std::fill_n(sums, 2 * width, V(0));
    for (std::size_t i = 0; i < width; ++i) {
      const bool is_out = this->skips_ && Base::is_missing(from[i]);
      // The first number is taken as it is, for the sign of a zero.
      sums[i] = is_out ? sums[i] : row == 0 ? from[i] : sums[i] + from[i];
      counts[i] += is_out ? 0.0 : 1.0;
    }
  }
  void merge(std::byte* state, const std::byte* next, std::size_t width) override {
    for (std::size_t i = 0; i < 2 * width; ++i) Base::values(state)[i] += Base::values(next)[i];
  }
};

template <class V>
class MomentsAlgebra : public SumAlgebra<V> {
  using Base = SumAlgebra<V>;

 public:
  MomentsAlgebra(const Reduction& reduction, const Lanes& lanes) : Base(reduction, lanes) {}
  void run(const void* elements, std::size_t n, std::int64_t, std::byte* state) override {
    const V* from = this->wide(elements, n);
    std::size_t count = n;
    if (this->skips_) count = this->without_missing(from, n, V(0), this->there_);
    V* out = Base::values(state);
    out[0] = static_cast<double>(count);
    out[1] = count == 0 ? V(0) : Base::divide(this->sum(this->skips_ ? this->there_ : from, n), static_cast<double>(count));
    if (this->skips_) this->without_missing(from, n, out[1], this->there_), from = this->there_;
    out[2] = squares(from, n, out[1]);
  }
  void row(const void* elements, std::size_t row, std::size_t width, std::int64_t, std::byte*) override {
    std::copy_n(this->wide(elements, width), width, matrix_ + row * width);
  }
  void end_rows(std::size_t rows, std::size_t width, std::byte* state) override {
    V* counts = Base::values(state);
    V* means = counts + width;
    V* squared = means + width;
    std::fill_n(counts, 3 * width, V(0));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t i = 0; i < width; ++i) {
        const V value = matrix_[r * width + i];
        const bool is_out = this->skips_ && Base::is_missing(value);
        means[i] += is_out ? V(0) : value;
        counts[i] += is_out ? 0.0 : 1.0;
      }
    for (std::size_t i = 0; i < width; ++i) means[i] = Base::real(counts[i]) == 0 ? V(0) : Base::divide(means[i], Base::real(counts[i]));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t i = 0; i < width; ++i) {
        const V value = matrix_[r * width + i];
        squared[i] += this->skips_ && Base::is_missing(value) ? 0.0 : Base::norm(value - means[i]);
      }
  }
  /// Chan's formula.
  void merge(std::byte* state, const std::byte* next, std::size_t width) override {
    V* a = Base::values(state);
    const V* b = Base::values(next);
    for (std::size_t i = 0; i < width; ++i) {
      const double count_a = Base::real(a[i]), count_b = Base::real(b[i]), count = count_a + count_b;
      const double share = count > 0 ? count_b / count : 0.0;
      const V step = b[i + width] - a[i + width];
      a[i] = count;
      a[i + width] += step * share;
      a[i + 2 * width] += Base::real(b[i + 2 * width]) + Base::norm(step) * (count_a * share);
    }
  }

 private:
  double squares(const V* from, std::size_t n, V mean) {
    if constexpr (Base::is_real) return this->lanes_.squares(from, n, mean);
    double norms[tile_elements], sum = 0;
    for (std::size_t i = 0; i < n; ++i) norms[i] = Base::norm(from[i] - mean);
    this->lanes_.fold(Fold::add, Dtype::float64).fold(norms, n, &sum);
    return sum;
  }
  alignas(64) V matrix_[rows_max * columns_max];
};

template <template <class> class A>
std::unique_ptr<Algebra> of_form(const Reduction& reduction, const Lanes& lanes) {
  if (partial_form(reduction).dtype == Dtype::float64) return std::make_unique<A<double>>(reduction, lanes);
  return std::make_unique<A<std::complex<double>>>(reduction, lanes);
}
}  // namespace

std::unique_ptr<Algebra> mean_algebra(const Reduction& reduction, const Lanes& lanes) { return of_form<MeanAlgebra>(reduction, lanes); }
std::unique_ptr<Algebra> moments_algebra(const Reduction& reduction, const Lanes& lanes) { return of_form<MomentsAlgebra>(reduction, lanes); }
}  // namespace tessera::arrays::kernels
