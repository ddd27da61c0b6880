// Forward, backward and step of factorization and deep models, float32. nvcc makes kernels.ptx of it; the software
// driver of the tests compiles the same text for the host. No atomics on floats: the same calls give the same bits.
//
// A row of the cache, `stride` floats:  z | n | v[dim] | what the embeddings' optimizer keeps
// Shapes: embedded, its gradient [samples, fields * dim]; sums [samples, dim]; layers' matrices [in, out].

#define ADAGRAD 0
#define ROWADAGRAD 1
#define ADAM 2
#define WARP 32
#define FULL 0xffffffffu
#define EPSILON 1e-8f
#define BETA1 0.9f
#define BETA2 0.999f
// Floats of an embedding that one lane may hold: dim <= 256.
#define PIECES 8

static __device__ __forceinline__ float warpSum(float x) {
  for (int lane = WARP / 2; lane > 0; lane >>= 1) x += __shfl_xor_sync(FULL, x, lane);
  return x;
}

static __device__ __forceinline__ float sigmoid(float x) { return 1.f / (1.f + expf(-x)); }

// What FTRL-Proximal's z and n weigh (McMahan et al. 2013, Algorithm 1).
static __device__ __forceinline__ float weightOf(float z, float n, float l1, float beta, float alpha, float l2) {
  float beyond = fabsf(z) - l1;
  return beyond <= 0.f ? 0.f : -copysignf(beyond, z) / ((beta + sqrtf(n)) / alpha + l2);
}

extern "C" __global__ void load_rows(int count, int stride, const int* slots, const float* rows, float* cache) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count * stride; i += gridDim.x * blockDim.x) {
    cache[(size_t) slots[i / stride] * stride + i % stride] = rows[i];
  }
}

extern "C" __global__ void store_rows(int count, int stride, const int* slots, const float* cache, float* rows) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count * stride; i += gridDim.x * blockDim.x) {
    rows[i] = cache[(size_t) slots[i / stride] * stride + i % stride];
  }
}

// Gathers and pools the rows of each sample's features, and adds up their pairs (Rendle 2010). A warp a sample; a lane
// owns components lane, lane + 32, ... of every field, so that nothing is shared.
extern "C" __global__ void embed(int n, int fields, int dim, int stride, int pairs, const int* starts,
    const int* slots, const int* fieldOf, const float* x, const float* cache, float l1, float beta, float alpha,
    float l2, float* embedded, float* sums, float* z) {
  int sample = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  if (sample >= n) return;
  float* mine = embedded + (size_t) sample * fields * dim;
  for (int field = 0; field < fields; field++) {
    for (int c = lane; c < dim; c += WARP) mine[field * dim + c] = 0.f;
  }
  float total = 0.f;
  float squares = 0.f;
  for (int f = starts[sample]; f < starts[sample + 1]; f++) {
    if (slots[f] < 0) continue;
    const float* row = cache + (size_t) slots[f] * stride;
    if (f % WARP == lane) total += weightOf(row[0], row[1], l1, beta, alpha, l2) * x[f];
    if (fieldOf[f] < 0) continue;
    for (int c = lane; c < dim; c += WARP) {
      float term = x[f] * row[2 + c];
      mine[fieldOf[f] * dim + c] += term;
      squares += term * term;
    }
  }
  if (pairs) {
    float square = 0.f;
    for (int c = lane; c < dim; c += WARP) {
      float sum = 0.f;
      for (int field = 0; field < fields; field++) sum += mine[field * dim + c];
      sums[(size_t) sample * dim + c] = sum;
      square += sum * sum;
    }
    total += 0.5f * (square - squares);
  }
  total = warpSum(total);
  if (lane == 0) z[sample] = total;
}

#define TILE 32
#define DEPTH 16

// C = A * B and what follows it. A [m, k] and B [k, n] by strides of rows and columns, so that either may be transposed;
// C [m, n] dense. Blocks of 16 x 16 threads, each of 2 x 2 results.
// mode 0: C = AB;  1: C = max(0, AB + extra[column]);  2: C = AB where extra[row, column] > 0, else 0;  3: C += AB.
extern "C" __global__ void multiply(int m, int n, int k, const float* a, int aRow, int aColumn, const float* b, int bRow,
    int bColumn, float* c, int mode, const float* extra) {
  __shared__ float as[DEPTH][TILE + 1];
  __shared__ float bs[DEPTH][TILE + 1];
  int thread = threadIdx.y * blockDim.x + threadIdx.x;
  int top = blockIdx.y * TILE;
  int left = blockIdx.x * TILE;
  float r00 = 0.f, r01 = 0.f, r10 = 0.f, r11 = 0.f;
  for (int from = 0; from < k; from += DEPTH) {
    for (int e = thread; e < TILE * DEPTH; e += 256) {
      // Neighbours read neighbours.
      int ak = aColumn == 1 ? e % DEPTH : e / TILE;
      int ai = aColumn == 1 ? e / DEPTH : e % TILE;
      as[ak][ai] = top + ai < m && from + ak < k ? a[(size_t) (top + ai) * aRow + (size_t) (from + ak) * aColumn] : 0.f;
      int bk = bColumn == 1 ? e / TILE : e % DEPTH;
      int bj = bColumn == 1 ? e % TILE : e / DEPTH;
      bs[bk][bj] = left + bj < n && from + bk < k ? b[(size_t) (from + bk) * bRow + (size_t) (left + bj) * bColumn] : 0.f;
    }
    __syncthreads();
    for (int d = 0; d < DEPTH; d++) {
      float a0 = as[d][threadIdx.y];
      float a1 = as[d][threadIdx.y + 16];
      float b0 = bs[d][threadIdx.x];
      float b1 = bs[d][threadIdx.x + 16];
      r00 += a0 * b0;
      r01 += a0 * b1;
      r10 += a1 * b0;
      r11 += a1 * b1;
    }
    __syncthreads();
  }
  float results[2][2] = {{r00, r01}, {r10, r11}};
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 2; j++) {
      int row = top + threadIdx.y + 16 * i;
      int column = left + threadIdx.x + 16 * j;
      if (row >= m || column >= n) continue;
      size_t at = (size_t) row * n + column;
      float r = results[i][j];
      if (mode == 1) r = fmaxf(0.f, r + extra[column]);
      if (mode == 2) r = extra[at] > 0.f ? r : 0.f;
      if (mode == 3) r += c[at];
      c[at] = r;
    }
  }
}

// Adds the pairs of fields, each with its weight r (Pan et al. 2018), to z. A warp a sample.
extern "C" __global__ void field_pairs(int n, int fields, int dim, const float* embedded, const float* r, float* z) {
  int sample = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  if (sample >= n) return;
  const float* mine = embedded + (size_t) sample * fields * dim;
  float total = 0.f;
  int pair = 0;
  for (int a = 0; a < fields; a++) {
    for (int b = a + 1; b < fields; b++, pair++) {
      for (int c = lane; c < dim; c += WARP) total += r[pair] * mine[a * dim + c] * mine[b * dim + c];
    }
  }
  total = warpSum(total);
  if (lane == 0) z[sample] += total;
}

// Their gradient of the embeddings. A warp a sample.
extern "C" __global__ void field_pairs_back(int n, int fields, int dim, const float* embedded, const float* r,
    const float* dz, float* gradient) {
  int sample = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  if (sample >= n) return;
  const float* mine = embedded + (size_t) sample * fields * dim;
  float* to = gradient + (size_t) sample * fields * dim;
  for (int a = 0; a < fields; a++) {
    for (int c = lane; c < dim; c += WARP) {
      float sum = 0.f;
      for (int b = 0; b < fields; b++) {
        int low = a < b ? a : b;
        int high = a < b ? b : a;
        if (b != a) sum += r[low * fields - low * (low + 1) / 2 + high - low - 1] * mine[b * dim + c];
      }
      to[a * dim + c] = dz[sample] * sum;
    }
  }
}

// Their gradient of r, summed over the samples. A warp a pair.
extern "C" __global__ void field_pairs_weights(int pairs, int n, int fields, int dim, const float* embedded,
    const float* dz, float* to) {
  int pair = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  if (pair >= pairs) return;
  int a = 0;
  int left = pair;
  while (left >= fields - 1 - a) left -= fields - 1 - a++;
  int b = a + 1 + left;
  float sum = 0.f;
  for (int i = lane; i < n; i += WARP) {
    const float* its = embedded + (size_t) i * fields * dim;
    float dot = 0.f;
    for (int c = 0; c < dim; c++) dot += its[a * dim + c] * its[b * dim + c];
    sum += dz[i] * dot;
  }
  sum = warpSum(sum);
  if (lane == 0) to[pair] = sum;
}

// A cross layer behind its product u (Wang et al. 2021): u += bias, above = x0 * u + below.
extern "C" __global__ void cross_layer(int n, int width, const float* bias, const float* x0, const float* below,
    float* u, float* above) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n * width; i += gridDim.x * blockDim.x) {
    u[i] += bias[i % width];
    above[i] = x0[i] * u[i] + below[i];
  }
}

// Adds x * w to z. A warp a sample.
extern "C" __global__ void add_dot(int n, int width, const float* x, const float* w, float* z) {
  int sample = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  if (sample >= n) return;
  float sum = 0.f;
  for (int j = lane; j < width; j += WARP) sum += x[(size_t) sample * width + j] * w[j];
  sum = warpSum(sum);
  if (lane == 0) z[sample] += sum;
}

// What reaches the uppermost cross layer: dz * w.
extern "C" __global__ void outer(int n, int width, const float* dz, const float* w, float* to) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n * width; i += gridDim.x * blockDim.x) {
    to[i] = dz[i / width] * w[i % width];
  }
}

// Back through x0 * u: what goes on to the product, and x0's part of the gradient, which it adds.
extern "C" __global__ void cross_back(int n, int width, const float* up, const float* x0, const float* u, float* inner,
    float* gradient) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n * width; i += gridDim.x * blockDim.x) {
    inner[i] = up[i] * x0[i];
    gradient[i] += up[i] * u[i];
  }
}

extern "C" __global__ void add(int count, const float* x, float* to) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) to[i] += x[i];
}

// The output z + top * w, the loss and its gradient. A warp a sample. control[0] counts the samples that are finite; the
// others go on with a gradient of 0 and the prediction NaN.
extern "C" __global__ void finish(int n, int width, const float* top, const float* w, int squared, const float* labels,
    const float* weights, const int* fakes, const float* logKeep, const float* z, float* dz, float* predictions, int* control) {
  int sample = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  if (sample >= n) return;
  float sum = 0.f;
  for (int j = lane; j < width; j += WARP) sum += top[(size_t) sample * width + j] * w[j];
  sum = warpSum(sum);
  if (lane > 0) return;
  float out = z[sample] + sum;
  float weight = weights[sample];
  if (fakes[sample]) {
    // Fake-negative weights (Ktena et al. 2019): every positive had a negative before it.
    float p = sigmoid(out);
    weight *= (1.f + p) * (labels[sample] == 0.f ? 1.f - p : 1.f);
  }
  float error = ((squared ? out : sigmoid(out - logKeep[sample])) - labels[sample]) * weight;
  bool finite = isfinite(error);
  dz[sample] = finite ? error : 0.f;
  predictions[sample] = !finite ? nanf("") : squared ? out : sigmoid(out);
  if (finite) atomicAdd(control, 1);
}

// The same of a model with heads: z_h = mix[h] * z + mix[heads + h] + top * w_h, each with its loss times its scale. Weight 0
// says nothing of a head. dz [n, heads]; shared: what all of it is to z; predictions [heads, n]. A warp a sample.
extern "C" __global__ void finish_heads(int n, int heads, int width, const float* top, const float* w, const float* mix,
    const float* scales, const int* squared, const float* labels, const float* weights, const float* logKeep,
    const float* z, float* dz, float* shared, float* predictions, int* control) {
  int sample = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  if (sample >= n) return;
  const float* mine = top + (size_t) sample * width;
  bool finite = true;
  for (int h = 0; h < heads; h++) {
    float sum = 0.f;
    for (int j = lane; j < width; j += WARP) sum += mine[j] * w[h * width + j];
    sum = warpSum(sum);
    float out = mix[h] * z[sample] + mix[heads + h] + sum;
    float weight = weights[sample * heads + h];
    float predicted = squared[h] ? out : sigmoid(out - logKeep[sample]);
    float error = weight == 0.f ? 0.f : (predicted - labels[sample * heads + h]) * weight * scales[h];
    finite = finite && isfinite(error) && isfinite(out);
    if (lane > 0) continue;
    dz[sample * heads + h] = error;
    predictions[h * n + sample] = squared[h] ? out : sigmoid(out);
  }
  if (lane > 0) return;
  float all = 0.f;
  for (int h = 0; h < heads; h++) {
    if (!finite) {
      dz[sample * heads + h] = 0.f;
      predictions[h * n + sample] = nanf("");
    }
    all += mix[h] * dz[sample * heads + h];
  }
  shared[sample] = all;
  if (finite) atomicAdd(control, 1);
}

// What reaches the last layer: dz * w where something came through.
extern "C" __global__ void last_gradient(int n, int width, const float* dz, const float* w, const float* top, float* to) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n * width; i += gridDim.x * blockDim.x) {
    to[i] = top[i] > 0.f ? dz[i / width] * w[i % width] : 0.f;
  }
}

// Sums of the columns of x [n, width], each row times its scale if there is one. Blocks of 32 x 8 threads.
extern "C" __global__ void columns(int n, int width, const float* x, const float* scale, float* to) {
  __shared__ float parts[8][WARP + 1];
  int column = blockIdx.x * WARP + threadIdx.x;
  float sum = 0.f;
  if (column < width) {
    for (int i = threadIdx.y; i < n; i += 8) sum += x[(size_t) i * width + column] * (scale ? scale[i] : 1.f);
  }
  parts[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y > 0 || column >= width) return;
  for (int i = 1; i < 8; i++) sum += parts[i][threadIdx.x];
  to[column] = sum;
}

// Step of an embedding against its gradient g, held by the lanes of the first `lanes`, component piece * lanes + lane.
static __device__ void stepEmbedding(int dim, int lanes, int lane, int rule, float rate, float total, const float* g,
    float* v, float* state) {
  float steps = rule == ADAM ? state[2 * dim] + 1.f : 0.f;
  float squares = rule == ROWADAGRAD ? state[0] + total / dim : 0.f;
  // All have read what one of them writes.
  __syncwarp();
  if (lane >= lanes) return;
  float first = rule == ADAM ? (float) (rate / (1 - pow((double) BETA1, (double) steps))) : 0.f;
  float second = rule == ADAM ? (float) (1 / (1 - pow((double) BETA2, (double) steps))) : 0.f;
  if (lane == 0 && rule == ADAM) state[2 * dim] = steps;
  if (lane == 0 && rule == ROWADAGRAD) state[0] = squares;
  for (int piece = 0; piece < PIECES; piece++) {
    int c = piece * lanes + lane;
    if (c >= dim) return;
    if (rule == ADAGRAD) {
      float sum = state[c] + g[piece] * g[piece];
      state[c] = sum;
      v[c] -= rate * g[piece] / (sqrtf(sum) + EPSILON);
    } else if (rule == ADAM) {
      float m = BETA1 * state[c] + (1.f - BETA1) * g[piece];
      float u = BETA2 * state[dim + c] + (1.f - BETA2) * g[piece] * g[piece];
      state[c] = m;
      state[dim + c] = u;
      v[c] -= first * m / (sqrtf(u * second) + EPSILON);
    } else {
      v[c] -= (rule == ROWADAGRAD ? rate / (sqrtf(squares) + EPSILON) : rate) * g[piece];
    }
  }
}

// Scatters to the distinct keys of the minibatch and steps their rows: FTRL with a key's sums of g and g squared, the
// embedding with its summed gradient. A warp a key; its occurrences begin[key] .. begin[key + 1] - 1 in the samples'
// order. done: 1 where the row learned. gradient: null if nothing but pairs.
extern "C" __global__ void step_rows(int keys, int fields, int dim, int stride, int pairs, const int* slots,
    const int* fieldOf, const int* begin, const int* samples, const float* x, const float* dz, const float* predictions,
    const float* gradient, const float* sums, float l1, float beta, float alphaL2, int rule, float rate, float l2,
    float* cache, int* done) {
  int key = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
  int lane = threadIdx.x % WARP;
  if (key >= keys) return;
  if (lane == 0) done[key] = 0;
  if (slots[key] < 0) return;
  float* row = cache + (size_t) slots[key] * stride;
  float sum = 0.f;
  float squares = 0.f;
  float count = 0.f;
  for (int o = begin[key] + lane; o < begin[key + 1]; o += WARP) {
    if (isnan(predictions[samples[o]])) continue;
    float g = dz[samples[o]] * x[o];
    sum += g;
    squares += g * g;
    count += 1.f;
  }
  sum = warpSum(sum);
  squares = warpSum(squares);
  count = warpSum(count);
  float z = row[0];
  float n = row[1];
  float newN = n + squares;
  float s = copysignf(fmaxf(fabsf(z) - l1, 0.f), z);
  float divisor = (sqrtf(newN) + sqrtf(n)) * (beta + sqrtf(n) + alphaL2);
  float newZ = z + sum + squares * s / (divisor + 1.17549435e-38f);
  if (count == 0.f || !isfinite(newZ) || !isfinite(newN)) return;
  if (fieldOf[key] >= 0) {
    int lanes = 1;
    while (lanes < WARP && lanes < dim) lanes <<= 1;
    int group = lane / lanes;
    float* v = row + 2;
    float g[PIECES];
    float total = 0.f;
    for (int piece = 0; piece < PIECES; piece++) {
      g[piece] = 0.f;
      if (piece * lanes >= dim) continue;
      int c = piece * lanes + lane % lanes;
      float part = 0.f;
      // Lanes that an embedding has no use for take every other occurrence.
      for (int o = begin[key] + group; c < dim && o < begin[key + 1]; o += WARP / lanes) {
        int sample = samples[o];
        if (isnan(predictions[sample])) continue;
        float e = gradient ? gradient[((size_t) sample * fields + fieldOf[key]) * dim + c] : 0.f;
        if (pairs) e += dz[sample] * (sums[(size_t) sample * dim + c] - x[o] * v[c]);
        part += x[o] * e;
      }
      for (int other = lanes; other < WARP; other <<= 1) part += __shfl_xor_sync(FULL, part, other);
      g[piece] = c < dim ? part + l2 * count * v[c] : 0.f;
      total += g[piece] * g[piece];
    }
    for (int other = 1; other < lanes; other <<= 1) total += __shfl_xor_sync(FULL, total, other);
    if (isfinite(total)) stepEmbedding(dim, lanes, lane, rule, rate, total, g, v, v + dim);
  }
  // All have read z and n.
  __syncwarp();
  if (lane == 0) {
    row[0] = newZ;
    row[1] = newN;
    done[key] = 1;
  }
}

// The layers' mean gradient, with the ridge. control[1] counts what forbids a step.
extern "C" __global__ void mean_gradient(int n, float l2, const float* w, float* g, int* control) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    float mean = control[0] == 0 ? nanf("") : g[i] * (1.f / control[0]) + l2 * w[i];
    g[i] = mean;
    if (!isfinite(mean * mean)) atomicAdd(control + 1, 1);
  }
}

// Adam's next step: its bias corrections for all that follow. One thread.
extern "C" __global__ void begin_step(float rate, float* steps, const int* control, float* factors) {
  if (control[1] > 0) return;
  *steps += 1.f;
  factors[0] = (float) (rate / (1 - pow((double) BETA1, (double) *steps)));
  factors[1] = (float) (1 / (1 - pow((double) BETA2, (double) *steps)));
}

// The layers' next step where one rate is all of theirs: rate / sqrt(sum of mean squares). One block of 32 x 8 threads.
extern "C" __global__ void begin_row_step(int n, float rate, const float* g, float* sum, const int* control,
    float* factors) {
  __shared__ float parts[8][WARP + 1];
  float squares = 0.f;
  for (int i = threadIdx.y * WARP + threadIdx.x; i < n; i += 8 * WARP) squares += g[i] * g[i];
  parts[threadIdx.y][threadIdx.x] = squares;
  __syncthreads();
  if (threadIdx.y > 0 || threadIdx.x > 0 || control[1] > 0) return;
  float total = 0.f;
  for (int y = 0; y < 8; y++) {
    for (int x = 0; x < WARP; x++) total += parts[y][x];
  }
  *sum += total / n;
  factors[0] = rate / (sqrtf(*sum) + EPSILON);
}

extern "C" __global__ void step_layers(int n, int rule, float rate, const float* g, float* w, float* state,
    const int* control, const float* factors) {
  if (control[1] > 0) return;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    if (rule == ADAGRAD) {
      state[i] += g[i] * g[i];
      w[i] -= rate * g[i] / (sqrtf(state[i]) + EPSILON);
    } else if (rule == ADAM) {
      state[i] = BETA1 * state[i] + (1.f - BETA1) * g[i];
      state[n + i] = BETA2 * state[n + i] + (1.f - BETA2) * g[i] * g[i];
      w[i] -= factors[0] * state[i] / (sqrtf(state[n + i] * factors[1]) + EPSILON);
    } else {
      w[i] -= (rule == ROWADAGRAD ? factors[0] : rate) * g[i];
    }
  }
}
