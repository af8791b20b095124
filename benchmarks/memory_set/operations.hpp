/// @file
/// The operations of the set. Plain functions on blocks of doubles, one dimension.
#pragma once
#include "client/tessera.hpp"

#include <cstdint>
#include <vector>

namespace tessera::benchmarks::memory_set {
using arrays::Block;

Block ramp(std::int64_t first, std::int64_t elements);
double total(const Block& block);
double total_squared(const Block& block);
double sum_numbers(const std::vector<double>& numbers);
Block added(const std::vector<Block>& blocks);
Block minus(const Block& a, const Block& b);
Block times(const Block& a, const Block& b);
/// `factor * a + summand`.
Block scaled(const Block& a, double factor, double summand);
/// `factor * a - b`.
Block anomaly_of(const Block& a, double factor, const Block& b);
/// The sum of the products, and of products of `factor * a - b`.
double covariance_of(const Block& a, const Block& sum_a, const Block& b, const Block& sum_b, double factor);
/// Rows of `cells` numbers, added up.
Block sum_of_rows(const Block& block, std::int64_t cells);
/// `factor * row - sums` of each row.
Block anomaly_of_rows(const Block& block, double factor, const Block& sums);
/// Rows of `width` numbers: one of so many equal parts of each.
Block columns_of(const Block& block, std::int64_t width, std::int64_t index, std::int64_t parts);
/// One of so many equal parts.
Block part(const Block& block, std::int64_t index, std::int64_t parts);
Block joined(const std::vector<Block>& blocks);
/// As a matrix of `side` rows and columns; what is behind them stays.
Block transposed(const Block& block, std::int64_t side);
/// The first `elements` of the block, repeated if need be.
Block resized(const Block& block, std::int64_t elements);
/// The product of the block, rows of `columns` numbers, transposed, with itself.
Block gram(const Block& rows, std::int64_t columns);
/// Rows of `columns` numbers times a square matrix.
Block multiplied(const Block& rows, const Block& matrix, std::int64_t columns);
/// Takes `passes` times as long as `total`; adds what was before.
double slow_total(const Block& block, double before, std::int64_t passes);
double total_and(const Block& block, double before);
/// Throws where `number` is divisible by three.
Block failing(const Block& block, std::int64_t number);
/// A sum over `2 x + 1` of a range of chunks that halves itself while it runs.
Deferred<double> nested_total(Context& context, std::int64_t begin, std::int64_t end, std::int64_t elements);
double sum_two(double a, double b);
}  // namespace tessera::benchmarks::memory_set
