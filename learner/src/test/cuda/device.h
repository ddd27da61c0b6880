// What a .cu file needs so that g++ compiles it: a CUDA thread is a fiber, a block runs on one thread of the host.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace software {
struct Index { unsigned x, y, z; };
struct Thread { Index thread, block; unsigned number; };
extern Thread* current;
extern Index blockSize, gridSize;

// Waits for all live threads of the block; for all live lanes of the warp, of whom it reads one's value.
void awaitBlock();
uint64_t exchange(uint64_t mine, unsigned lane);

using Invoke = void (*)(void** parameters);
void registerKernel(const char* name, Invoke invoke, int count, const size_t* sizes);

template <class F> struct Kernel;
template <class... A> struct Kernel<void (*)(A...)> {
  template <void (*K)(A...), size_t... I> static void call(void** p, std::index_sequence<I...>) {
    K(*reinterpret_cast<std::remove_cv_t<A>*>(p[I])...);
  }
  template <void (*K)(A...)> static void invoke(void** p) { call<K>(p, std::index_sequence_for<A...>{}); }
  template <void (*K)(A...)> static bool add(const char* name) {
    static const size_t sizes[] = {sizeof(A)..., 0};
    registerKernel(name, &invoke<K>, sizeof...(A), sizes);
    return true;
  }
};
template <class T> T shuffle(T value, unsigned lane) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = exchange(bits, lane);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
}

#define KERNEL(k) static bool known_##k = software::Kernel<decltype(&k)>::add<&k>(#k);
#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static
#define threadIdx (software::current->thread)
#define blockIdx (software::current->block)
#define blockDim (software::blockSize)
#define gridDim (software::gridSize)
using std::isfinite;
using std::isnan;
inline void __syncthreads() { software::awaitBlock(); }
inline void __syncwarp() { software::exchange(0, 0); }
template <class T> T __shfl_xor_sync(unsigned, T value, int mask) {
  return software::shuffle(value, (software::current->number & 31) ^ mask);
}
inline int atomicAdd(int* to, int value) { int before = *to; *to += value; return before; }
