// Linear algebra and transforms over chunks: which chunks and tasks there are, the same bits everywhere, and what is refused where it is written. What they
// compute is compared with NumPy in corpus_test.cpp.
#include "with_cluster.hpp"

#include "arrays/expression/node.hpp"
#include "client/array/linalg/contraction.hpp"
#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

namespace {
using namespace tessera;
using arrays::Shape;
using test::cluster;
using test::WithCluster;
namespace linalg = xp::linalg;
namespace fft = xp::fft;

std::string text(const arrays::shape::Chunks& chunks) { return arrays::shape::to_string(chunks); }
Array noise(const Shape& shape, const ChunkSpec& chunks, std::uint64_t seed = 1) { return xp::random::normal(shape, seed, {.chunks = chunks}); }
double largest(const Array& x) { return xp::max(xp::abs(x)).item<double>(cluster()); }

template <class Build>
void refused(const Build& build, const std::string& words, ErrorCode code = ErrorCode::invalid_argument) {
  try {
    (void)build();
    BOOST_ERROR("nothing was refused, but \"" << words << "\" was expected");
  } catch (const Error& error) {
    BOOST_TEST((error.code() == code), error.what());
    BOOST_TEST(std::string(error.what()).find(words) != std::string::npos, error.what());
  }
}

std::atomic<int> reads = 0;
Block linalg_test_read(const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& count) {
  ++reads;
  return Block::make<double>(count, [&](std::span<double> to) { std::fill(to.begin(), to.end(), start.empty() ? 0.0 : 1.0); });
}
TESSERA_OPERATION(linalg_test_read);
Array read(const Shape& shape, const ChunkSpec& chunks) {
  return xp::from_reader(Dtype::float64, shape, chunks, [](Graph& graph, arrays::ShapeView start, arrays::ShapeView count) {
    return graph.add(linalg_test_read, Shape(start.begin(), start.end()), Shape(count.begin(), count.end()));
  });
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_linalg, WithCluster)

BOOST_AUTO_TEST_CASE(A3_products_have_the_chunks_of_what_stays_and_meet_along_what_is_summed) {
  const Array a = noise({10, 12}, {{{3, 7}}, {{5, 7}}}), b = noise({12, 8}, {6, 4}, 2);
  const Array c = xp::matmul(a, b);
  BOOST_TEST(text(c.chunks()) == "((3, 7), (4, 4))");
  BOOST_TEST(largest(c - xp::matmul(xp::rechunk(a, -1), xp::rechunk(b, -1))) < 1e-13);
  BOOST_TEST(text(xp::matmul(noise({2, 4, 5}, {1, 2, 5}), noise({5, 3}, {3, 3})).chunks()) == "((1, 1), (2, 2), (3))");
  BOOST_TEST(text(xp::tensordot(noise({4, 6, 5}, {2, 3, 5}), noise({6, 4, 3}, {6, 4, 1}), {1, 0}, {0, 1}).chunks()) == "((5), (1, 1, 1))");
  BOOST_TEST(text(linalg::diagonal(noise({6, 6}, {4, {3, 3}}), {1}).chunks()) == "((2, 2, 1))");
}

BOOST_AUTO_TEST_CASE(A4_sums_of_products_have_the_same_bits_however_many_a_task_takes) {
  const auto summed = [](std::int64_t pair_bytes) {
    Graph graph;
    std::vector<runtime::graph::Index> left, right;
    for (std::uint64_t i = 0; i < 5; ++i) {
      const auto add = [&](std::int64_t side) { return graph.add(linalg_test_read, Shape{side, static_cast<std::int64_t>(i)}, Shape{2, 2}).index; };
      left.push_back(add(0)), right.push_back(add(1));
    }
    const auto last = detail::add_products(graph, {}, {}, left, right, pair_bytes, Dtype::float64, {2, 2});
    const std::size_t tasks = graph.size();
    return std::pair(cluster().compute(std::move(graph), Deferred<Block>{last}).get(), tasks);
  };
  const auto [whole, few] = summed(1);
  const auto [chained, many] = summed(std::int64_t{1} << 40);
  BOOST_TEST((whole == chained));
  BOOST_TEST((whole == Block::of<double>({2, 2}, {10, 10, 10, 10})));
  BOOST_TEST(many == few + 4);
}

BOOST_AUTO_TEST_CASE(A4_K7_results_have_the_same_bits_whatever_the_lanes) {
  const Array x = noise({60, 8}, {7, 3}), y = noise({8, 60}, {3, 11}, 2), positive = xp::matmul(y.T(), y) + xp::eye(60, {}, {.chunks = 13}) * 60;
  const auto [q, r] = linalg::qr(x);
  const auto [u, s, vh] = linalg::svd(x, {.full_matrices = false});
  const std::vector<Array> all{xp::matmul(x, y), xp::einsum("ij,jk,kl->il", {x, y, x}), q, r, u, s, vh, linalg::cholesky(positive),
                               linalg::solve_triangular(positive, x, {.lower = true}), linalg::inv(positive), fft::rfft(x), linalg::vector_norm(x)};
  auto lonely = Cluster::local({.lanes = 1}), random = Cluster::local({.lanes = 3, .policy = "random"});
  const auto first = xp::compute(lonely, all), second = xp::compute(random, all), plain = xp::compute(cluster(), all, {.optimise = false});
  for (std::size_t i = 0; i < all.size(); ++i) {
    BOOST_TEST((first[i] == second[i]), "result " << i << " depends on the lanes");
    BOOST_TEST((first[i] == plain[i]), "result " << i << " depends on the optimiser");
  }
}

BOOST_AUTO_TEST_CASE(A7_a_part_of_a_product_computes_the_chunks_that_it_touches) {
  reads = 0;
  const Array product = xp::matmul(read({8, 4}, {2, 4}), read({4, 6}, {4, 2}));
  (void)product[{Slice{2, 4}, Slice{0, 2}}].compute(cluster());
  BOOST_TEST(reads == 2);
  reads = 0;
  (void)linalg::diagonal(read({6, 6}, {2, 2})).compute(cluster());
  BOOST_TEST(reads == 3);
  reads = 0;
  (void)linalg::qr(read({40, 2}, {10, 2})).r.compute(cluster());
  BOOST_TEST(reads == 4);
}

BOOST_AUTO_TEST_CASE(a_transposed_factor_is_taken_as_it_lies) {
  const Array x = noise({10, 4}, {5, 2});
  BOOST_TEST((xp::matmul(x.T(), x).node()->of[0] == x.node()));
  BOOST_TEST((xp::matmul(x, x.T()).node()->of[1] == x.node()));
  const Array part = x[{Slice{0, 5}, Slice{}}].T();
  BOOST_TEST(largest(xp::matmul(part, xp::rechunk(part.T(), -1)) - xp::matmul(xp::rechunk(part, -1), part.T())) < 1e-13);
}

BOOST_AUTO_TEST_CASE(tall_matrices_keep_their_chunks_of_rows) {
  const Array x = noise({1000, 4}, {50, 4});
  const auto [q, r] = linalg::qr(x);
  BOOST_TEST(text(q.chunks()) == text(x.chunks()));
  BOOST_TEST(largest(xp::matmul(q, r) - x) < 1e-12);
  BOOST_TEST(largest(xp::matmul(q.T(), q) - xp::eye(4)) < 1e-13);
  const auto whole = linalg::qr(xp::rechunk(x, -1));
  BOOST_TEST(largest(r - whole.r) < 1e-12);
  BOOST_TEST(largest(q - whole.q) < 1e-13);
  const auto [u, s, vh] = linalg::svd(x, {.full_matrices = false});
  BOOST_TEST(text(u.chunks()) == text(x.chunks()));
  BOOST_TEST(largest(xp::matmul(u * s, vh) - x) < 1e-12);
  const auto wide = linalg::svd(x.T(), {.full_matrices = false});
  BOOST_TEST(text(wide.vh.chunks()) == text(x.T().chunks()));
  BOOST_TEST(largest(wide.s - s) < 1e-12);
  // Chunks that have fewer rows than columns are taken together.
  const auto thin = linalg::qr(noise({9, 4}, {2, 4}));
  BOOST_TEST(text(thin.q.chunks()) == "((4, 5), (4))");
}

BOOST_AUTO_TEST_CASE(a_positive_definite_matrix_is_factored_and_solved_by_chunks) {
  const Array y = noise({50, 50}, 17), positive = xp::matmul(y, y.T()) + xp::eye(50) * 50, right = noise({50, 3}, {20, 2}, 3);
  const Array lower = linalg::cholesky(positive), whole = linalg::cholesky(xp::rechunk(positive, -1));
  BOOST_TEST(text(lower.chunks()) == "((17, 17, 16), (17, 17, 16))");
  BOOST_TEST(largest(lower - whole) < 1e-12);
  BOOST_TEST(largest(xp::matmul(lower, lower.T()) - positive) < 1e-11);
  BOOST_TEST((lower[{Slice{0, 17}, Slice{17, 50}}].compute(cluster()) == xp::zeros({17, 33}).compute(cluster())));
  const Array forward = linalg::solve_triangular(lower, right, {.lower = true}), back = linalg::solve_triangular(linalg::cholesky(positive, {.upper = true}), forward);
  BOOST_TEST(text(back.chunks()) == "((17, 17, 16), (2, 1))");
  BOOST_TEST(largest(xp::matmul(positive, back) - right) < 1e-12);
  BOOST_TEST(largest(back - linalg::solve(positive, right)) < 1e-12);
  // A part of the solution is not more than what it stands on.
  reads = 0;
  (void)linalg::solve_triangular(read({8, 8}, 2) + 1, read({8, 2}, {2, 1}), {.lower = true})[{Slice{0, 2}, 0}].compute(cluster());
  BOOST_TEST(reads == 2);
}

BOOST_AUTO_TEST_CASE(M3_every_task_of_linear_algebra_says_what_it_takes) {
  tessera::Plan plan;
  auto planned = Cluster::local({.lanes = 1, .on_plan = [&](const tessera::Plan& one) { plan = one; }});
  const Array x = noise({400, 10}, {100, 10}), positive = xp::matmul(x.T(), x) + xp::eye(10);
  const auto [q, r] = linalg::qr(x);
  const auto [u, s, vh] = linalg::svd(x, {.full_matrices = false});
  const Array cut = xp::rechunk(positive, 4);
  for (const std::vector<Array>& some : {std::vector{q, r, u, s, vh}, std::vector{linalg::cholesky(cut), linalg::solve_triangular(cut, vh, {.lower = true})},
                                         std::vector{linalg::inv(cut), linalg::slogdet(cut).sign, linalg::eigh(cut).eigenvectors, linalg::diagonal(cut), fft::fft(x)}}) {
    (void)xp::compute(planned, some);
    BOOST_TEST(plan.undeclared.empty());
  }
}

BOOST_AUTO_TEST_CASE(what_a_value_hinders_fails_in_the_task_with_a_sentence) {
  refused([] { return linalg::inv(xp::ones({3, 3}, {.chunks = 2})).compute(cluster()); }, "linalg.inv: matrix 0 of a block of the shape (3, 3) is singular", ErrorCode::task_failed);
  refused([] { return linalg::cholesky(xp::zeros({4, 4}, {.chunks = 2})).compute(cluster()); }, "is not positive definite", ErrorCode::task_failed);
}

BOOST_AUTO_TEST_CASE(E7_shapes_that_do_not_fit_are_refused_where_they_are_written) {
  const Array a = xp::ones({3, 4}), b = xp::ones({3, 4}), v = xp::ones({3}), whole = xp::ones({3, 3}, {.dtype = Dtype::int32});
  refused([&] { return xp::matmul(a, b); }, "matmul of the shapes (3, 4) and (3, 4): the last length of the first and the one before the last of the second differ");
  refused([&] { return xp::matmul(a, xp::asarray(2.0)); }, "an array without dimensions is no matrix");
  refused([&] { return xp::matmul(xp::ones({2, 3, 4}), xp::ones({3, 4, 2})); }, "the dimensions before the matrices do not broadcast");
  refused([&] { return xp::matmul(xp::asarray(Block::of<arrays::Datetime>({3}, {{0}, {0}, {0}})), v); }, "matmul", ErrorCode::type_mismatch);
  refused([&] { return xp::vecdot(a, v); }, "vecdot of the shapes (3, 4) and (3) along axis -1: the lengths differ");
  refused([&] { return xp::tensordot(a, b, 1); }, "tensordot of the shapes (3, 4) and (3, 4) over the axes (1) and (0): the lengths differ");
  refused([&] { return xp::tensordot(a, b, 3); }, "over 3 axes: there are not so many");
  refused([&] { return xp::einsum("ij,jk", {a, b}); }, "einsum \"ij,jk\" of the shapes (3, 4), (3, 4): a dimension 'j' has the lengths 4 and 3");
  refused([&] { return xp::einsum("ij,jk", {a}); }, "it has 2 operands");
  refused([&] { return xp::einsum("i1", {a}); }, "'1' is no label");
  refused([&] { return xp::einsum("ij->ik", {a}); }, "the output's label 'k' is of no operand");
  refused([&] { return xp::einsum("i,i", {xp::ones({2}, {.dtype = Dtype::boolean}), xp::ones({2}, {.dtype = Dtype::boolean})}); }, "not bool", ErrorCode::type_mismatch);
  refused([&] { return linalg::cross(a, b); }, "linalg.cross of the shapes (3, 4) and (3, 4) along axis -1: vectors have the length 3");
  refused([&] { return linalg::outer(a, v); }, "both are vectors");
  refused([&] { return linalg::diagonal(v); }, "linalg.diagonal of the shape (3): a matrix has two dimensions");
  refused([&] { return linalg::matrix_norm(a, {.ord = 7.0}); }, "there is no order 7");
  refused([&] { return linalg::vector_norm(whole); }, "linalg.vector_norm takes floats, not int32", ErrorCode::type_mismatch);
  refused([&] { return linalg::qr(whole); }, "linalg.qr takes float32", ErrorCode::type_mismatch);
  refused([&] { return linalg::det(a); }, "linalg.det of the shape (3, 4): its matrices are square");
  refused([&] { return linalg::solve(xp::ones({3, 3}), xp::ones({4, 1})); }, "the lengths of the matrix and of the right side differ");
  refused([&] { return fft::fft(a, {.axis = 2}); }, "fft.fft");
  refused([&] { return fft::ifft(a, {.n = 0}); }, "fft.ifft of the shape (3, 4): along axis 1 are 0 elements to make: n is at least 1");
  refused([&] { return fft::rfft(a, {.norm = "none"}); }, "there is no norm \"none\"");
  refused([&] { return fft::fftn(a, {.s = std::vector<std::int64_t>{1}, .axes = {0, 1}}); }, "there are 1 lengths for 2 axes");
  refused([&] { return fft::fftfreq(0); }, "fft.fftfreq of 0 samples");
}

BOOST_AUTO_TEST_CASE(the_axis_of_a_transform_becomes_one_chunk_and_others_stay_unless_chunks_were_too_large) {
  BOOST_TEST(text(fft::fft(noise({6, 8}, {2, 4}), {.axis = 0}).chunks()) == "((6), (4, 4))");
  BOOST_TEST(text(fft::rfft(noise({6, 8}, {2, 4})).chunks()) == "((2, 2, 2), (5))");
  const Array large = fft::fft(xp::zeros({1 << 17, 1000}, {.chunks = {1000, 1000}}), {.axis = 0});
  BOOST_TEST(large.chunks()[0].size() == 1U);
  BOOST_TEST(*std::ranges::max_element(large.chunks()[1]) * (1 << 17) * 8 <= (80 << 20));
}

BOOST_AUTO_TEST_SUITE_END()
