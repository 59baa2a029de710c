// Analyzers and token filters that the product's indices name; Elastic ships them in a module that is not published.
package lezzet;

import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.apache.lucene.analysis.tr.TurkishAnalyzer;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

final class Words {
    static Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> analyzers() {
        return Map.of(
            "english", (index, environment, name, settings) -> analyzer(name, new EnglishAnalyzer()),
            "turkish", (index, environment, name, settings) -> analyzer(name, new TurkishAnalyzer()));
    }

    static Map<String, AnalysisProvider<TokenFilterFactory>> filters() {
        return Map.of(
            "asciifolding", (index, environment, name, settings) -> {
                boolean keep = settings.getAsBoolean("preserve_original", false);
                return filter(name, words -> new ASCIIFoldingFilter(words, keep));
            },
            "edge_ngram", (index, environment, name, settings) -> {
                int least = settings.getAsInt("min_gram", 1);
                int most = settings.getAsInt("max_gram", 2);
                return filter(name, words -> new EdgeNGramTokenFilter(words, least, most, false));
            });
    }

    private static AnalyzerProvider<Analyzer> analyzer(String name, Analyzer analyzer) {
        return new AbstractIndexAnalyzerProvider<>(name, Settings.EMPTY) {
            @Override
            public Analyzer get() {
                return analyzer;
            }
        };
    }

    private static TokenFilterFactory filter(String name, UnaryOperator<TokenStream> change) {
        return new AbstractTokenFilterFactory(name, Settings.EMPTY) {
            @Override
            public TokenStream create(TokenStream words) {
                return change.apply(words);
            }
        };
    }

    private Words() {}
}
