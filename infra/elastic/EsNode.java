// One Elasticsearch node in this process, from the server's jars: no launcher, no root check, no security module.
// java -cp 'CODE/lib/*' EsNode CODE STATE HTTP_PORT TRANSPORT_PORT
//   CODE  has lib/ and modules/, is only read and may serve many nodes; STATE has config/ and gets data/ and logs/.
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

public final class EsNode {
    private static final int CLOSE_SECONDS = 5;

    public static void main(String[] arguments) throws Exception {
        Path code = Path.of(arguments[0]);
        Path state = Path.of(arguments[1]);
        Environment environment = new Environment(settings(code, state, arguments[2], arguments[3]), state.resolve("config"));
        LogConfigurator.registerErrorListener();
        LogConfigurator.setNodeName("lezzet");
        LogConfigurator.configure(environment, true);
        // false: modules come from the class path, so Java's module exports need not be opened for them
        PluginsLoader loader = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(code.resolve("modules")), Set.of(), Map.of(), false);
        Node node = new Node(environment, loader);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
        node.start();
        Thread.currentThread().join();
    }

    private static Settings settings(Path code, Path state, String http, String transport) {
        return Settings.builder()
            .put("path.home", code.toString())
            .put("path.data", state.resolve("data").toString())
            .put("path.logs", state.resolve("logs").toString())
            .put("cluster.name", "lezzet")
            .put("node.name", "lezzet")
            .put("network.host", "127.0.0.1")
            .put("http.port", http)
            .put("transport.port", transport)
            .put("discovery.type", "single-node")
            // a developer's disk may be fuller than a data centre likes
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
    }

    private static void close(Node node) {
        try {
            node.close();
            node.awaitClose(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception error) {
            System.err.println("closing: " + error);
        }
    }
}
