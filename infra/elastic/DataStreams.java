// GET, PUT and DELETE of /_data_stream. The server has data streams; only their REST module is not published.
package lezzet;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.elasticsearch.action.admin.indices.create.AutoCreateAction;
import org.elasticsearch.action.admin.indices.create.CreateIndexRequest;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.ClusterState;
import org.elasticsearch.cluster.ClusterStateUpdateTask;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.cluster.metadata.Metadata;
import org.elasticsearch.cluster.metadata.MetadataDeleteIndexService;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.index.Index;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestChannel;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestRequest.Method;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.rest.action.RestToXContentListener;
import org.elasticsearch.xcontent.XContentBuilder;

final class DataStreams extends BaseRestHandler {
    private final ClusterService cluster;

    DataStreams(ClusterService cluster) {
        this.cluster = cluster;
    }

    @Override
    public String getName() {
        return "lezzet_data_streams";
    }

    @Override
    public List<Route> routes() {
        return List.of(
            new Route(Method.GET, "/_data_stream"),
            new Route(Method.GET, "/_data_stream/{name}"),
            new Route(Method.PUT, "/_data_stream/{name}"),
            new Route(Method.DELETE, "/_data_stream/{name}"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        String names = request.param("name", "*");
        return switch (request.method()) {
            // the action that also runs when a document is written to a name that no index has yet
            case PUT -> channel -> client.execute(
                AutoCreateAction.INSTANCE, new CreateIndexRequest(names), new RestToXContentListener<>(channel));
            case DELETE -> channel -> cluster.submitUnbatchedStateUpdateTask("delete data stream", new Delete(names, channel));
            default -> channel -> show(names, channel);
        };
    }

    private void show(String names, RestChannel channel) throws IOException {
        List<DataStream> found = named(cluster.state(), names);
        XContentBuilder json = channel.newBuilder().startObject().startArray("data_streams");
        for (DataStream stream : found) {
            json.startObject().field("name", stream.getName()).field("generation", stream.getGeneration());
            json.startObject("timestamp_field").field("name", "@timestamp").endObject();
            json.startArray("indices");
            for (Index index : stream.getIndices()) {
                json.startObject().field("index_name", index.getName()).field("index_uuid", index.getUUID()).endObject();
            }
            json.endArray().endObject();
        }
        json.endArray().endObject();
        channel.sendResponse(new RestResponse(found.isEmpty() && !names.contains("*") ? RestStatus.NOT_FOUND : RestStatus.OK, json));
    }

    private static List<DataStream> named(ClusterState state, String names) {
        Map<String, DataStream> streams = state.metadata().dataStreams();
        return streams.values().stream().filter(stream -> Regex.simpleMatch(names.split(","), stream.getName())).toList();
    }

    private final class Delete extends ClusterStateUpdateTask {
        private final String names;
        private final RestChannel channel;
        private boolean found;

        Delete(String names, RestChannel channel) {
            this.names = names;
            this.channel = channel;
        }

        @Override
        public ClusterState execute(ClusterState state) {
            List<DataStream> doomed = named(state, names);
            found = !doomed.isEmpty();
            if (!found) {
                return state;
            }
            Metadata.Builder rest = Metadata.builder(state.metadata());
            doomed.forEach(stream -> rest.removeDataStream(stream.getName()));
            Set<Index> backing = doomed.stream().flatMap(stream -> stream.getIndices().stream()).collect(Collectors.toSet());
            ClusterState without = ClusterState.builder(state).metadata(rest).build();
            return MetadataDeleteIndexService.deleteIndices(without, backing, cluster.getSettings());
        }

        @Override
        public void clusterStateProcessed(ClusterState before, ClusterState after) {
            try {
                XContentBuilder json = channel.newBuilder().startObject().field("acknowledged", found).endObject();
                channel.sendResponse(new RestResponse(found ? RestStatus.OK : RestStatus.NOT_FOUND, json));
            } catch (IOException gone) {
                return; // whoever asked has left
            }
        }

        @Override
        public void onFailure(Exception failure) {
            try {
                channel.sendResponse(new RestResponse(channel, failure));
            } catch (IOException gone) {
                return; // whoever asked has left
            }
        }
    }
}
