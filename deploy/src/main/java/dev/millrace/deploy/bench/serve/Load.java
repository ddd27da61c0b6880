package dev.millrace.deploy.bench.serve;

import dev.millrace.load.open.HttpLoad;
import dev.millrace.load.open.LoadResult;
import dev.millrace.load.open.Requests;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Requests of one kind to one server. */
interface Load {
    /**
     * As many as are answered.
     *
     * @param together requests on their way at a time
     * @param warmUp sent like the rest and not measured
     */
    LoadResult closed(int together, Duration warmUp, Duration measured) throws IOException;

    /** @param rate requests a second, due whatever the server does; latency runs from when they are */
    LoadResult open(int together, Duration warmUp, Duration measured, double rate) throws IOException;

    /** Over HTTP, a connection for each request on its way. */
    static Load http(InetSocketAddress server, Requests requests) {
        return new Load() {
            @Override
            public LoadResult closed(int together, Duration warmUp, Duration measured) throws IOException {
                return HttpLoad.closed(new HttpLoad.Options(server, together, warmUp, measured), requests);
            }

            @Override
            public LoadResult open(int together, Duration warmUp, Duration measured, double rate) throws IOException {
                return HttpLoad.open(new HttpLoad.Options(server, together, warmUp, measured), rate, requests);
            }
        };
    }
}
