/**
 * Serving against its targets: a server of its own under open-loop load, beside the same server answering without a model.
 *
 * <p>In: the checkout and a folder for data. Out: figures. Depends on load.open, the API and the parts that it is built on.
 * The load comes from the calling thread; what is measured runs in processes of its own.
 */
@NullMarked
package dev.millrace.deploy.bench.serve;

import org.jspecify.annotations.NullMarked;
