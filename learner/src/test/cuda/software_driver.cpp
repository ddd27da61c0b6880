// libcuda.so.1 without a GPU, for tests: the part of the CUDA driver API that Millrace calls. It launches the same kernel
// source, compiled for the host, grid by grid.
//
//   memory    of the host, filled with rubbish, bounds of copies checked
//   streams   queues: nothing runs before somebody waits for it, and then only what that needs; so a forgotten wait shows
//   modules   the PTX is read for its entries and their parameters, which must be those of the compiled kernels
//   faults    software_driver_fail(function, nth, code): its nth call from now on fails
#include "device.h"
#undef threadIdx
#undef blockIdx
#undef blockDim
#undef gridDim
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#define API extern "C" __attribute__((visibility("default"))) int

enum Result {
  OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_CONTEXT = 201,
  NOT_FOUND = 500, LAUNCH_FAILED = 719
};

namespace software {
Thread* current;
Index blockSize, gridSize;

// ---- fibers: a switch saves what the System V ABI asks a callee to save
extern "C" void fiber_switch(void** save, void* load);
asm(R"(.text
.globl fiber_switch
fiber_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
)");

enum State { RUNNING, AT_BLOCK, AT_WARP, DONE };
struct Fiber { void* stack; void* at; Thread id; State state; uint64_t value; };
static const size_t STACK = 64 << 10;
static std::vector<Fiber> fibers;
static size_t threads;
static void* scheduler;
static Fiber* running;
static Invoke invoke;
static void** arguments;

static void leave(State state) {
  running->state = state;
  fiber_switch(&running->at, scheduler);
}
static void enter() {
  invoke(arguments);
  leave(DONE);
  abort();
}
void awaitBlock() { leave(AT_BLOCK); }
uint64_t exchange(uint64_t mine, unsigned lane) {
  running->value = mine;
  leave(AT_WARP);
  size_t other = (running->id.number & ~31u) + lane;
  uint64_t value = other < threads ? fibers[other].value : mine;
  leave(AT_WARP);
  return value;
}

// Releases threads from .. to if all that live wait in that state.
static bool release(size_t from, size_t to, State waiting) {
  bool any = false;
  for (size_t i = from; i < to; i++) {
    if (fibers[i].state != DONE && fibers[i].state != waiting) return false;
    any |= fibers[i].state == waiting;
  }
  for (size_t i = from; any && i < to; i++) {
    if (fibers[i].state == waiting) fibers[i].state = RUNNING;
  }
  return any;
}

static void prepare(Index block) {
  while (fibers.size() < threads) fibers.push_back(Fiber{malloc(STACK), nullptr, {}, DONE, 0});
  for (size_t i = 0; i < threads; i++) {
    Fiber& f = fibers[i];
    unsigned n = (unsigned) i;
    f.id = {{n % blockSize.x, n / blockSize.x % blockSize.y, n / blockSize.x / blockSize.y}, block, n};
    f.state = RUNNING;
    // Where it begins to run: six registers, the address of enter, and a stack aligned as after a call.
    void** top = (void**) (((uintptr_t) f.stack + STACK) & ~(uintptr_t) 15) - 8;
    top[6] = (void*) enter;
    f.at = top;
  }
}

// false: threads wait for each other at different barriers.
static bool runBlock(Index block) {
  prepare(block);
  for (;;) {
    for (size_t i = 0; i < threads; i++) {
      while (fibers[i].state == RUNNING) {
        running = &fibers[i];
        current = &running->id;
        fiber_switch(&scheduler, running->at);
      }
    }
    bool moved = release(0, threads, AT_BLOCK);
    for (size_t warp = 0; warp < threads; warp += 32) {
      moved |= release(warp, warp + 32 < threads ? warp + 32 : threads, AT_WARP);
    }
    if (!moved) break;
  }
  for (size_t i = 0; i < threads; i++) {
    if (fibers[i].state != DONE) return false;
  }
  return true;
}

// ---- kernels
struct Compiled { Invoke invoke; std::vector<size_t> sizes; };
static std::map<std::string, Compiled>& compiled() {
  static std::map<std::string, Compiled> all;
  return all;
}
void registerKernel(const char* name, Invoke invoke, int count, const size_t* sizes) {
  compiled()[name] = Compiled{invoke, std::vector<size_t>(sizes, sizes + count)};
}

// A kernel that failed makes every later call fail, as on a device.
static int broken = OK;

static void launch(const Compiled* kernel, Index grid, Index block, std::vector<std::vector<char>> values) {
  std::vector<void*> pointers;
  for (auto& value : values) pointers.push_back(value.data());
  invoke = kernel->invoke;
  arguments = pointers.data();
  blockSize = block;
  gridSize = grid;
  threads = (size_t) block.x * block.y * block.z;
  for (unsigned z = 0; z < grid.z; z++) {
    for (unsigned y = 0; y < grid.y; y++) {
      for (unsigned x = 0; x < grid.x; x++) {
        if (!runBlock({x, y, z})) broken = LAUNCH_FAILED;
      }
    }
  }
}

// ---- streams and events
struct Stream { std::deque<std::function<void()>> work; };
struct Event { Stream* stream = nullptr; uint64_t recorded = 0, reached = 0; };
static Stream* none() { static Stream s; return &s; }
static std::vector<Stream*> streams{none()};
static std::recursive_mutex lock;

static void runOne(Stream* s) {
  auto work = std::move(s->work.front());
  s->work.pop_front();
  work();
}
static void drain(Stream* s) { while (!s->work.empty()) runOne(s); }
static void drainAll() { for (auto* s : streams) drain(s); }
static void drainTo(Event* e, uint64_t mark) { while (e->reached < mark && !e->stream->work.empty()) runOne(e->stream); }
static Stream* of(void* s) { return s ? (Stream*) s : none(); }
static int queue(void* s, std::function<void()> work) {
  of(s)->work.push_back(std::move(work));
  return broken;
}

// ---- memory
typedef unsigned long long Address;
static std::map<Address, size_t> memory;
static size_t used, limit = (size_t) 1 << 30;
static bool within(Address at, size_t bytes) {
  auto next = memory.upper_bound(at);
  if (next == memory.begin()) return false;
  --next;
  return at + bytes <= next->first + next->second;
}

// ---- faults
static std::string failing;
static int failAt, failWith;
static int fault(const char* function) { return failing == function && --failAt == 0 ? failWith : broken; }
}
using namespace software;

#define CALL std::lock_guard<std::recursive_mutex> guard(lock); if (int f = fault(__func__)) return f;

API software_driver_fail(const char* function, int nth, int code) { failing = function; failAt = nth; failWith = code; return OK; }
API software_driver_allocations() { return (int) memory.size(); }

API cuInit(unsigned) { CALL return OK; }
API cuDriverGetVersion(int* version) { *version = 12060; return OK; }
API cuDeviceGetCount(int* count) { CALL *count = 1; return OK; }
API cuDeviceGet(int* device, int number) { CALL *device = 0; return number ? INVALID_DEVICE : OK; }
API cuDeviceGetName(char* name, int size, int) { snprintf(name, size, "software driver"); return OK; }
API cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = limit; return OK; }
// Compute capability 7.5, in attributes 75 and 76.
API cuDeviceGetAttribute(int* value, int attribute, int) { *value = attribute == 75 ? 7 : attribute == 76 ? 5 : 0; return OK; }
static int context;
API cuDevicePrimaryCtxRetain(void** c, int) { CALL *c = &context; return OK; }
API cuDevicePrimaryCtxRelease_v2(int) { CALL drainAll(); return OK; }
static thread_local void* bound;
API cuCtxSetCurrent(void* c) { CALL bound = c; return OK; }
API cuCtxSynchronize() { CALL drainAll(); return broken; }
#define BOUND CALL if (!bound) return INVALID_CONTEXT;
API cuMemAlloc_v2(Address* at, size_t bytes) {
  BOUND if (!bytes) return INVALID_VALUE;
  if (used + bytes > limit) return OUT_OF_MEMORY;
  void* m = aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(m, 0xCD, bytes);
  *at = (Address) m;
  memory[*at] = bytes;
  used += bytes;
  return OK;
}
API cuMemFree_v2(Address at) {
  BOUND drainAll();
  if (!at) return OK;
  auto m = memory.find(at);
  if (m == memory.end()) return INVALID_VALUE;
  used -= m->second;
  memset((void*) at, 0xDD, m->second);
  free((void*) at);
  memory.erase(m);
  return OK;
}
API cuMemAllocHost_v2(void** at, size_t bytes) { BOUND *at = aligned_alloc(256, (bytes + 255) / 256 * 256); memset(*at, 0xCD, bytes); return OK; }
API cuMemFreeHost(void* at) { BOUND drainAll(); free(at); return OK; }
API cuMemcpyHtoD_v2(Address to, const void* from, size_t n) { BOUND if (!within(to, n)) return INVALID_VALUE; drain(none()); memcpy((void*) to, from, n); return broken; }
API cuMemcpyDtoH_v2(void* to, Address from, size_t n) { BOUND if (!within(from, n)) return INVALID_VALUE; drain(none()); memcpy(to, (void*) from, n); return broken; }
API cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t n, void* s) { BOUND if (!within(to, n)) return INVALID_VALUE; return queue(s, [=] { memcpy((void*) to, from, n); }); }
API cuMemcpyDtoHAsync_v2(void* to, Address from, size_t n, void* s) { BOUND if (!within(from, n)) return INVALID_VALUE; return queue(s, [=] { memcpy(to, (void*) from, n); }); }
API cuMemsetD32Async(Address to, unsigned value, size_t n, void* s) { BOUND if (!within(to, 4 * n)) return INVALID_VALUE; return queue(s, [=] { for (size_t i = 0; i < n; i++) ((unsigned*) to)[i] = value; }); }
API cuStreamCreate(void** s, unsigned) { BOUND *s = new Stream; streams.push_back((Stream*) *s); return OK; }
API cuStreamDestroy_v2(void* s) { BOUND drain(of(s)); std::erase(streams, (Stream*) s); return OK; /* events may name it still */ }
API cuStreamSynchronize(void* s) { BOUND drain(of(s)); return broken; }
API cuEventCreate(void** e, unsigned) { BOUND *e = new Event; return OK; }
API cuEventDestroy_v2(void* e) { BOUND drainAll(); delete (Event*) e; return OK; }
API cuEventRecord(void* event, void* s) {
  BOUND auto* e = (Event*) event;
  e->stream = of(s);
  uint64_t mark = ++e->recorded;
  return queue(s, [=] { e->reached = mark; });
}
API cuStreamWaitEvent(void* s, void* event, unsigned) {
  BOUND auto* e = (Event*) event;
  uint64_t mark = e->recorded;
  return mark ? queue(s, [=] { drainTo(e, mark); }) : OK;
}
API cuEventSynchronize(void* event) { BOUND auto* e = (Event*) event; if (e->recorded) drainTo(e, e->recorded); return broken; }

struct Module { std::map<std::string, std::vector<size_t>> entries; };
struct Function { const Compiled* kernel; };
static size_t bytesOf(const std::string& type) { return type.find("64") != type.npos ? 8 : type.find("16") != type.npos ? 2 : type.find("32") != type.npos ? 4 : 1; }
API cuModuleLoadData(void** module, const void* image) {
  BOUND std::string ptx((const char*) image);
  if (ptx.find(".version") == ptx.npos) return INVALID_IMAGE;
  auto* m = new Module;
  for (size_t at = 0; (at = ptx.find(".entry ", at)) != ptx.npos; at++) {
    size_t open = ptx.find('(', at), close = ptx.find(')', open);
    auto& sizes = m->entries[ptx.substr(at + 7, open - at - 7)];
    for (size_t p = open; (p = ptx.find(".param ", p)) < close; p++) sizes.push_back(bytesOf(ptx.substr(p + 7, 5)));
  }
  *module = m;
  return OK;
}
API cuModuleUnload(void* m) { BOUND drainAll(); delete (Module*) m; return OK; }
API cuModuleGetFunction(void** function, void* module, const char* name) {
  BOUND auto kernel = compiled().find(name);
  auto& entries = ((Module*) module)->entries;
  auto entry = entries.find(name);
  if (kernel == compiled().end() || entry == entries.end()) return NOT_FOUND;
  if (entry->second != kernel->second.sizes) return INVALID_IMAGE;
  *function = new Function{&kernel->second};
  return OK;
}
API cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned,
    void* s, void** parameters, void**) {
  BOUND if (!gx || !gy || !gz || !bx || !by || !bz || bx * by * bz > 1024 || gy > 65535 || gz > 65535) return INVALID_VALUE;
  const Compiled* kernel = ((Function*) function)->kernel;
  std::vector<std::vector<char>> values;
  for (size_t i = 0; i < kernel->sizes.size(); i++) {
    values.emplace_back((char*) parameters[i], (char*) parameters[i] + kernel->sizes[i]);
  }
  return queue(s, [=] { launch(kernel, {gx, gy, gz}, {bx, by, bz}, values); });
}
API cuGetErrorString(int e, const char** text) { *text = e == OUT_OF_MEMORY ? "out of memory" : e == LAUNCH_FAILED ? "unspecified launch failure" : "error of the software driver"; return OK; }
