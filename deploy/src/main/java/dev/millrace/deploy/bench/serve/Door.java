package dev.millrace.deploy.bench.serve;

/** One of the ways in, for the same requests. */
interface Door extends AutoCloseable {
    /** Of its figures. */
    String name();

    /** Requests that the world's model ranks. */
    Load rank(ServeWorld world, int candidates);

    /** The same, answered by the same server without a model. */
    Load echo(ServeWorld world, int candidates);

    @Override
    void close();

    /** JSON over HTTP. */
    static Door rest(ServeService service) {
        return new Door() {
            @Override
            public String name() {
                return "rest";
            }

            @Override
            public Load rank(ServeWorld world, int candidates) {
                return load(world, "/v1/models/" + world.model() + "/rank", candidates);
            }

            @Override
            public Load echo(ServeWorld world, int candidates) {
                return load(world, "/bench/echo", candidates);
            }

            private Load load(ServeWorld world, String path, int candidates) {
                return Load.http(service.address(), world.requests(service.hostHeader(), path, candidates));
            }

            @Override
            public void close() {}
        };
    }
}
