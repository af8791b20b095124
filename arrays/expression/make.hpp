/// @file
/// Blocks of elements that are known from their index.
#pragma once
#include "arrays/expression/node.hpp"

namespace tessera::arrays::expression {
/// `count` elements from `start` on of an array of shape `whole`. Refuses a kind that is not there, and a rank or numbers that do not fit it.
runtime::Result<Block> made(const Make& what, Dtype dtype, ShapeView start, ShapeView count, ShapeView whole);
}  // namespace tessera::arrays::expression
