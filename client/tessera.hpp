/// @file
/// All that a program includes.
#pragma once
#include "client/array.hpp"
#include "client/cluster.hpp"
#include "client/cube.hpp"
#include "client/plugin.hpp"
#include "client/policy.hpp"
#include "client/processes.hpp"
#include "client/sizes.hpp"
#include "client/xp/arranging.hpp"
#include "client/xp/mapping.hpp"
#include "client/xp/windows.hpp"
#include "client/xp/fft.hpp"
#include "client/xp/linalg.hpp"
#include "client/xp/indexing.hpp"
#include "client/xp/statistics.hpp"
