/// @file
/// Small things that the makers of nodes share: numbers of the program as elements, and axes as the standard counts them.
#pragma once
#include "arrays/expression/build.hpp"

#include <string_view>

namespace tessera::arrays::expression {
/// Of an array that is made of such numbers.
Dtype default_dtype(const Number& number);
/// The number as an element of a dtype that has its kind; integers that do not fit wrap.
kernels::Scalar scalar_of(const Number& number, Dtype dtype);

/// Sorted, from 0 on. Refuses one that is not there and one that is named twice; `function` is for the sentence.
runtime::Result<std::vector<std::size_t>> axes_of(std::string_view function, ShapeView shape, const Axes& axes);
/// The same in the order given.
runtime::Result<std::vector<std::size_t>> axes_in_order(std::string_view function, ShapeView shape, std::span<const std::int64_t> axes);
}  // namespace tessera::arrays::expression
