// Einstein's notation: each operand's dimensions have labels; from left to right pairs of operands become one contraction.
#include "client/xp/linalg.hpp"

#include "arrays/promotion.hpp"
#include "client/array/face.hpp"
#include "client/array/linalg/contraction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tessera::xp {
namespace {
/// A letter, or 256 + i for the i-th dimension from the end among those that "..." means.
using Label = int;
using Labels = std::vector<Label>;
constexpr Label dots = 256;
constexpr Label is_dots = -1;

bool has(const Labels& labels, Label one) { return std::ranges::find(labels, one) != labels.end(); }

struct Term {
  Array array;
  Labels labels;
};

class Einsum {
 public:
  Einsum(const std::string& subscripts, const std::vector<Array>& operands) : subscripts_(subscripts) {
    for (const Array& one : operands) shapes_ += (shapes_.empty() ? "" : ", ") + arrays::to_string(one.shape());
    read(operands);
    check_lengths();
    const Dtype dtype = dtype_of(operands);
    for (Term& one : terms_) one.array = astype(one.array, dtype), take_diagonals(one), drop_stretched(one);
  }

  Array run() {
    Term all = terms_[0];
    for (std::size_t i = 1; i < terms_.size(); ++i) {
      Labels needed = output_;
      for (std::size_t j = i + 1; j < terms_.size(); ++j) needed.insert(needed.end(), terms_[j].labels.begin(), terms_[j].labels.end());
      all = product(all, terms_[i], needed);
    }
    return arranged(summed(all, [&](Label one) { return has(output_, one); }), output_).array;
  }

 private:
  Error wrong(const std::string& why) const {
    return {ErrorCode::invalid_argument, fmt::format("einsum \"{}\" of the shapes {}: {}", subscripts_, shapes_, why)};
  }
  Labels labels_in(const std::string& text) const {
    Labels labels;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) labels.push_back(c);
      else if (text.compare(i, 3, "...") == 0 && !has(labels, is_dots)) labels.push_back(is_dots), i += 2;
      else throw wrong(fmt::format("'{}' is no label; labels are letters, and \"...\" once", c));
    }
    return labels;
  }
  void read(const std::vector<Array>& operands) {
    std::string text;
    for (const char c : subscripts_)
      if (c != ' ') text += c;
    const std::size_t arrow = text.find("->");
    const std::string inputs = text.substr(0, arrow);
    std::vector<std::string> parts(1);
    for (const char c : inputs) c == ',' ? parts.emplace_back() : parts.back() += c;
    if (operands.empty() || parts.size() != operands.size()) throw wrong(fmt::format("it has {} operands", parts.size()));
    for (std::size_t i = 0; i < parts.size(); ++i) terms_.push_back({operands[i], spelt(labels_in(parts[i]), operands[i])});
    for (const Term& term : terms_)
      for (const Label one : term.labels) ++count_[one];
    output_ = arrow == std::string::npos ? implicit() : with_dots(labels_in(text.substr(arrow + 2)));
    for (std::size_t i = 0; i < output_.size(); ++i) {
      if (!count_.contains(output_[i])) throw wrong(fmt::format("the output's label '{}' is of no operand", static_cast<char>(output_[i])));
      if (std::find(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(i), output_[i]) != output_.begin() + static_cast<std::ptrdiff_t>(i))
        throw wrong("the output has a label twice");
    }
  }
  /// With a label for each dimension that "..." means.
  Labels spelt(const Labels& labels, const Array& array) {
    const std::size_t named = labels.size() - (has(labels, is_dots) ? 1 : 0);
    if (named > array.ndim() || (named < array.ndim() && !has(labels, is_dots)))
      throw wrong(fmt::format("an operand of shape {} has {} labels", arrays::to_string(array.shape()), named));
    const auto count = static_cast<Label>(array.ndim() - named);
    dots_count_ = std::max(dots_count_, count);
    Labels all;
    for (const Label one : labels) {
      if (one != is_dots) all.push_back(one);
      else
        for (Label i = count; i-- > 0;) all.push_back(dots + i);
    }
    return all;
  }
  Labels with_dots(const Labels& labels) const {
    Labels all;
    for (const Label one : labels) {
      if (one != is_dots) all.push_back(one);
      else
        for (Label i = dots_count_; i-- > 0;) all.push_back(dots + i);
    }
    return all;
  }
  Labels implicit() const {
    Labels all = with_dots({is_dots});
    for (const auto& [label, count] : count_)
      if (label < dots && count == 1) all.push_back(label);
    return all;
  }
  void check_lengths() {
    for (const Term& term : terms_)
      for (std::size_t i = 0; i < term.labels.size(); ++i) {
        std::int64_t& known = lengths_.try_emplace(term.labels[i], 1).first->second;
        const std::int64_t length = term.array.shape()[i];
        if (known == 1) known = length;
        else if (length != 1 && length != known)
          throw wrong(fmt::format("a dimension {}has the lengths {} and {}", term.labels[i] < dots ? fmt::format("'{}' ", static_cast<char>(term.labels[i])) : "", known, length));
      }
  }
  Dtype dtype_of(const std::vector<Array>& operands) const {
    std::vector<Dtype> all;
    for (const Array& one : operands) all.push_back(one.dtype());
    const auto dtype = arrays::result_type(all);
    if (!dtype) throw Error(dtype.failure().code, "einsum: " + dtype.failure().message);
    if (arrays::is_time(*dtype) || *dtype == Dtype::boolean) throw Error(ErrorCode::type_mismatch, fmt::format("einsum multiplies and adds numbers, not {}", to_string(*dtype)));
    return *dtype;
  }

  void take_diagonals(Term& term) const {
    for (std::size_t i = 0; i < term.labels.size();) {
      const auto again = std::find(term.labels.begin() + static_cast<std::ptrdiff_t>(i) + 1, term.labels.end(), term.labels[i]);
      if (again == term.labels.end()) {
        ++i;
        continue;
      }
      const auto second = static_cast<std::size_t>(again - term.labels.begin());
      if (term.array.shape()[i] != term.array.shape()[second]) throw wrong(fmt::format("the lengths of '{}' in one operand differ", static_cast<char>(term.labels[i])));
      const Label label = term.labels[i];
      std::vector<std::int64_t> axes;
      Labels left;
      for (std::size_t j = 0; j < term.labels.size(); ++j)
        if (j != i && j != second) axes.push_back(static_cast<std::int64_t>(j)), left.push_back(term.labels[j]);
      axes.push_back(static_cast<std::int64_t>(i)), axes.push_back(static_cast<std::int64_t>(second));
      left.push_back(label);
      term = {linalg::diagonal(permute_dims(term.array, axes)), left};
      i = 0;
    }
  }
  /// A length of 1 where others have more says nothing.
  void drop_stretched(Term& term) const {
    std::vector<std::int64_t> axes;
    Labels left;
    for (std::size_t i = 0; i < term.labels.size(); ++i) {
      if (term.array.shape()[i] == 1 && lengths_.at(term.labels[i]) != 1) axes.push_back(static_cast<std::int64_t>(i));
      else left.push_back(term.labels[i]);
    }
    if (!axes.empty()) term = {squeeze(term.array, axes), left};
  }

  template <class Keep>
  static Term summed(const Term& term, const Keep& keep) {
    std::vector<std::int64_t> axes;
    Labels left;
    for (std::size_t i = 0; i < term.labels.size(); ++i) {
      if (keep(term.labels[i])) left.push_back(term.labels[i]);
      else axes.push_back(static_cast<std::int64_t>(i));
    }
    return axes.empty() ? term : Term{sum(term.array, {.axis = axes, .dtype = term.array.dtype()}), left};
  }
  static Term arranged(const Term& term, const Labels& order) {
    std::vector<std::int64_t> axes;
    for (const Label one : order)
      if (has(term.labels, one)) axes.push_back(std::ranges::find(term.labels, one) - term.labels.begin());
    return std::ranges::is_sorted(axes) ? Term{term.array, order} : Term{permute_dims(term.array, axes), order};
  }
  /// The term with all of those labels, in that order; dimensions that it has not have the length 1.
  static Array spread(const Term& term, const Labels& order) {
    std::vector<std::int64_t> added;
    for (std::size_t i = 0; i < order.size(); ++i)
      if (!has(term.labels, order[i])) added.push_back(static_cast<std::int64_t>(i));
    const Array array = arranged(term, order).array;
    return added.empty() ? array : expand_dims(array, added);
  }

  /// The product, with the labels that are needed.
  static Term product(const Term& first, const Term& second, const Labels& needed) {
    const Term a = summed(first, [&](Label one) { return has(needed, one) || has(second.labels, one); });
    const Term b = summed(second, [&](Label one) { return has(needed, one) || has(a.labels, one); });
    Labels batch, rows, inner, columns;
    for (const Label one : a.labels) (!has(b.labels, one) ? rows : has(needed, one) ? batch : inner).push_back(one);
    for (const Label one : b.labels)
      if (!has(a.labels, one)) columns.push_back(one);
    const auto joined = [](std::initializer_list<Labels> parts) {
      Labels all;
      for (const Labels& one : parts) all.insert(all.end(), one.begin(), one.end());
      return all;
    };
    if (inner.empty() || (!batch.empty() && rows.empty() && columns.empty())) {  // No matrices: element by element.
      const Labels order = joined({batch, rows, columns, inner});
      return summed({spread(a, order) * spread(b, order), order}, [&](Label one) { return !has(inner, one); });
    }
    const auto count = [](const Labels& labels) { return static_cast<std::int64_t>(labels.size()); };
    return {detail::contracted(arranged(a, joined({batch, rows, inner})).array, arranged(b, joined({batch, inner, columns})).array,
                               {count(batch), count(rows), count(inner), count(columns)}),
            joined({batch, rows, columns})};
  }

  std::string subscripts_, shapes_;
  std::vector<Term> terms_;
  Labels output_;
  Label dots_count_ = 0;
  std::map<Label, int> count_;
  std::map<Label, std::int64_t> lengths_;
};
}  // namespace

Array einsum(const std::string& subscripts, const std::vector<Array>& operands) { return Einsum(subscripts, operands).run(); }
}  // namespace tessera::xp
