// The limit that TableBench measures against: the table's layout and arithmetic in C, with software prefetch.
//   cc -O3 -march=native -pthread ftrl_table.c -o ftrl_table -lm
//   ftrl_table THREADS ROWS BATCH BUCKETS_0 KEYS_0 BUCKETS_1 KEYS_1 …
// Thread t owns shard t: BUCKETS_t buckets (64 bytes: 4 keys, 4 {z, n}) and the batches in file KEYS_t (64-bit keys).
// Reads "run SECONDS" from stdin, answers "UPDATES CPU_SECONDS" for each thread on one line; "sum" answers a checksum.
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 256
#define SLACK 1024

typedef struct { uint64_t key[4]; struct { float z, n; } state[4]; } bucket;

typedef struct {
    int number, shards;
    uint64_t rows, buckets, keys, updates;
    bucket *table;
    uint64_t *key;
    double cpu;
} shard;

static int batch;
static float *gradient;
static double seconds;
static const float l1 = 0.01f, beta = 1.0f, alpha_l2 = 0.1f * 0.01f;

static uint64_t mix(uint64_t key) {
    uint64_t h = (key ^ (key >> 32)) * 0x9E3779B97F4A7C15ULL;
    h = (h ^ (h >> 29)) * 0xBF58476D1CE4E5B9ULL;
    return h ^ (h >> 32);
}

// splitmix64, as TableBench names its keys
static uint64_t key_of(uint64_t rank) {
    uint64_t x = rank * 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

static inline uint64_t home(const shard *s, uint64_t key) { return ((mix(key) >> 32) * s->buckets) >> 32; }

static void *map(size_t bytes) {
    char *m = mmap(NULL, bytes + (2 << 20), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED) { perror("mmap"); exit(1); }
    m = (char *) (((uintptr_t) m + (2 << 20) - 1) & ~(uintptr_t) ((2 << 20) - 1));
    madvise(m, bytes, MADV_HUGEPAGE);
    return m;
}

static void insert(shard *s, uint64_t key) {
    for (uint64_t b = home(s, key);; b++)
        for (int w = 0; w < 4; w++) {
            if (s->table[b].key[w] == key) return;
            if (!s->table[b].key[w]) { s->table[b].key[w] = key; return; }
        }
}

static inline void step(bucket *b, int w, float g) {
    float z = b->state[w].z, n = b->state[w].n;
    float square = g * g, new_n = n + square, root = sqrtf(n);
    float s = copysignf(fmaxf(fabsf(z) - l1, 0.0f), z);
    float divisor = (sqrtf(new_n) + root) * (beta + root + alpha_l2);
    b->state[w].z = z + g + square * s / fmaxf(divisor, 1.17549435e-38f);
    b->state[w].n = new_n;
}

static void update(shard *s, const uint64_t *keys, int count) {
    bucket *at[CHUNK];
    for (int from = 0; from < count; from += CHUNK) {
        int n = count - from < CHUNK ? count - from : CHUNK;
        for (int i = 0; i < n; i++) {
            at[i] = s->table + home(s, keys[from + i]);
            __builtin_prefetch(at[i], 1);
        }
        for (int i = 0; i < n; i++) {
            uint64_t key = keys[from + i];
            for (bucket *b = at[i];; b++) {
                int w = b->key[0] == key ? 0 : b->key[1] == key ? 1 : b->key[2] == key ? 2 : b->key[3] == key ? 3 : -1;
                if (w >= 0) { step(b, w, gradient[from + i]); break; }
            }
        }
    }
}

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void *prepare(void *p) {
    shard *s = p;
    s->table = map((s->buckets + SLACK) * sizeof(bucket));
    for (uint64_t rank = 1; rank <= s->rows; rank++) {
        uint64_t key = key_of(rank);
        if ((((mix(key) & 0xFFFFFFFFULL) * s->shards) >> 32) == (uint64_t) s->number) insert(s, key);
    }
    return NULL;
}

static void *window(void *p) {
    shard *s = p;
    uint64_t at = 0, done = 0;
    double end = now(CLOCK_MONOTONIC) + seconds, from = now(CLOCK_THREAD_CPUTIME_ID);
    do {
        update(s, s->key + at, batch);
        done += batch;
        at = at + batch < s->keys ? at + batch : 0;
    } while (now(CLOCK_MONOTONIC) < end);
    s->cpu = now(CLOCK_THREAD_CPUTIME_ID) - from;
    s->updates = done;
    return NULL;
}

static void all(shard *s, int shards, void *(*work)(void *)) {
    pthread_t thread[64];
    for (int i = 0; i < shards; i++) pthread_create(&thread[i], NULL, work, s + i);
    for (int i = 0; i < shards; i++) pthread_join(thread[i], NULL);
}

int main(int argc, char **argv) {
    int shards = atoi(argv[1]);
    if (shards < 1 || shards > 64 || argc != 4 + 2 * shards) { fprintf(stderr, "see the file's head\n"); return 2; }
    batch = atoi(argv[3]);
    gradient = malloc(batch * sizeof(float));
    for (int i = 0; i < batch; i++) gradient[i] = (float) (i % 200 - 100) / 128;
    shard *s = calloc(shards, sizeof(shard));
    for (int i = 0; i < shards; i++) {
        s[i].number = i;
        s[i].shards = shards;
        s[i].rows = strtoull(argv[2], NULL, 10);
        s[i].buckets = strtoull(argv[4 + 2 * i], NULL, 10);
        int file = open(argv[5 + 2 * i], O_RDONLY);
        struct stat st;
        if (file < 0 || fstat(file, &st)) { perror(argv[5 + 2 * i]); return 1; }
        s[i].keys = st.st_size / 8;
        s[i].key = map(st.st_size);
        for (off_t got = 0, r; got < st.st_size; got += r)
            if ((r = read(file, (char *) s[i].key + got, st.st_size - got)) <= 0) { perror("read"); return 1; }
    }
    all(s, shards, prepare);
    puts("ready");
    fflush(stdout);
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "run %lf", &seconds) == 1) {
            all(s, shards, window);
            for (int i = 0; i < shards; i++) printf("%llu %.9f ", (unsigned long long) s[i].updates, s[i].cpu);
        } else if (!strncmp(line, "sum", 3)) {
            double sum = 0;
            for (int i = 0; i < shards; i++)
                for (uint64_t b = 0; b < s[i].buckets + SLACK; b++)
                    for (int w = 0; w < 4; w++) sum += s[i].table[b].state[w].n;
            printf("%.6e", sum);
        }
        puts("");
        fflush(stdout);
    }
    return 0;
}
