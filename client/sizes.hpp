/// @file
/// `TESSERA_OPERATION_SIZED(f, f_sizes)`: an operation that says beforehand how much memory it takes, from its arguments and the
/// shapes of its inputs. Such tasks are admitted for what they need instead of for what others of their kind took, one that can never
/// fit is refused when it is submitted (M3), and `Cluster::plan` knows them.
#pragma once
#include "arrays/extent.hpp"
#include "client/operation.hpp"

#include <span>
#include <stdexcept>

namespace tessera {
using arrays::Extent;
using arrays::Sizes;

/// What a declaration gets for a parameter of type `P`: the argument itself where it was given by value, and its extent.
template <class P>
class Given {
 public:
  /// False where the argument is a chunk.
  bool has_value() const { return own_.has_value(); }
  /// Throws where there is none: the sizes are unknown then.
  const P& value() const {
    if (!own_) throw std::invalid_argument("the argument is a chunk, its value is not known yet");
    return *own_;
  }
  /// The first of `extents()`. Throws where there is none.
  const Extent& extent() const {
    if (extents().empty()) throw std::invalid_argument("the argument is an empty vector");
    return extents().front();
  }
  /// Of each element where the argument is a vector of chunks or of blocks, which may be empty; else the one of the argument.
  std::span<const Extent> extents() const {
    if (!own_) return extents_;
    return is_blocks ? std::span<const Extent>(extents_of_own_) : std::span(&extent_of_own_, 1);
  }

  /// Takes the next argument. `is_known` becomes false where it is a block whose shape nobody knows yet.
  Given(serialization::Reader& reader, std::span<const Extent> inputs, std::size_t& next, bool& is_known) {
    using detail::ArgumentKind;
    std::size_t count = 1;
    switch (static_cast<ArgumentKind>(reader.number<std::uint8_t>())) {
      case ArgumentKind::value:
        own_ = serialization::Codec<P>::read(reader);
        if constexpr (is_blocks)
          for (const arrays::Block& block : *own_) extents_of_own_.push_back(Extent::of(block));
        else extent_of_own_ = detail::extent(static_cast<const P&>(*own_));
        return;
      case ArgumentKind::input: break;
      case ArgumentKind::inputs: count = reader.number<std::uint32_t>(); break;
      default: throw serialization::DecodeError("an argument is of no known kind");
    }
    if (count > inputs.size() - next) throw serialization::DecodeError("more inputs are named than the task has");
    extents_ = inputs.subspan(next, count);
    next += count;
    if constexpr (std::is_same_v<P, arrays::Block> || is_blocks)
      for (const Extent& one : extents_) is_known &= one.dtype.has_value();
  }

 private:
  static constexpr bool is_blocks = std::is_same_v<P, std::vector<arrays::Block>>;

  std::optional<P> own_;
  Extent extent_of_own_;
  std::vector<Extent> extents_of_own_;
  std::span<const Extent> extents_;
};

/// The declaration of an operation that answers with one number.
template <class Number, class... P>
Sizes number_sizes(const Given<P>&...) {
  static_assert(std::is_arithmetic_v<Number>);
  return {{{sizeof(Number)}}};
}
/// The declaration of an operation that answers with a block like its first argument.
template <class First, class... P>
Sizes like_first_sizes(const Given<First>& first, const Given<P>&...) {
  return {first.extent()};
}

namespace detail {
struct NoArgument {
  NoArgument(serialization::Reader&, std::span<const Extent>, std::size_t&, bool&) {}
};
template <class P>
using GivenFor = std::conditional_t<std::is_same_v<P, Context>, NoArgument, Given<P>>;

template <class T>
auto arguments_for_sizes(const T& given) {
  if constexpr (std::is_same_v<T, NoArgument>) return std::tuple<>();
  else return std::tuple<const T&>(given);
}

template <class F, class... P>
std::optional<Sizes> sizes_of(const Operation& operation, std::span<const std::byte> params, std::span<const Extent> inputs) {
  try {
    serialization::Reader reader(params);
    if (reader.number<std::uint32_t>() != operation.mark) return std::nullopt;
    std::size_t next = 0;
    bool is_known = true;
    const std::tuple<GivenFor<P>...> given{GivenFor<P>(reader, inputs, next, is_known)...};  // Braces: in order.
    if (!is_known || next != inputs.size() || reader.left() > 0) return std::nullopt;
    const auto arguments = std::apply([](const auto&... one) { return std::tuple_cat(arguments_for_sizes(one)...); }, given);
    return std::apply(reinterpret_cast<F>(const_cast<void*>(operation.sizes_function)), arguments);
  } catch (const std::exception&) {
    return std::nullopt;  // The task itself says what is wrong with its arguments.
  }
}

template <class R, class... P, class... G>
bool register_sized(const char* name, R (*function)(P...), Sizes (*sizes)(G...), Effects effects) {
  static_assert(std::is_same_v<decltype(std::tuple_cat(std::declval<std::conditional_t<
                                   std::is_same_v<Decayed<P>, Context>, std::tuple<>, std::tuple<const Given<Decayed<P>>&>>>()...)),
                               std::tuple<G...>>,
                "the declaration of sizes takes a const Given<T>& for each parameter T of the operation but its Context");
  return register_operation(name, function, effects, reinterpret_cast<const void*>(sizes), &sizes_of<Sizes (*)(G...), Decayed<P>...>);
}
}  // namespace detail
}  // namespace tessera

/// Registers `function` and how large its result will be: `Sizes sizes(const Given<P>&...)`, with one argument for each parameter but
/// the context. It is called where the task is submitted and on its node, must be pure, and costs what it does there; what it throws
/// leaves the sizes unknown. It is not called while the extent of an input is unknown.
///
///     Sizes sum_sizes(const Given<Block>& a, const Given<Block>&) { return {a.extent()}; }
///     TESSERA_OPERATION_SIZED(sum, sum_sizes);
#define TESSERA_OPERATION_SIZED(function, ...) TESSERA_OPERATION_SIZED_AS(function, #function, ::tessera::Effects::pure, __VA_ARGS__)
#define TESSERA_OPERATION_SIZED_WITH_EFFECTS(function, effects, ...) TESSERA_OPERATION_SIZED_AS(function, #function, effects, __VA_ARGS__)
#define TESSERA_OPERATION_SIZED_AS(function, name, effects, ...) /* The sizes may be a template's: f_sizes<A, B>. */ \
  [[maybe_unused]] static const bool TESSERA_OPERATION_JOIN(tessera_operation_, __COUNTER__) =                       \
      ::tessera::detail::register_sized(name, &function, &__VA_ARGS__, effects)
