/**
 * Biased matrix factorization of a whole file of ratings, in memory, at the speed of the hardware.
 *
 * <p>In: a file of ratings. Out: factors and biases of users and items. Depends on nothing of Millrace, and uses the Vector
 * API where the JVM was given it. A factorizer has its own threads, which end with each call.
 */
@NullMarked
package dev.millrace.learner.factor;

import org.jspecify.annotations.NullMarked;
