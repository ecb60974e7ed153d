// ESLint's configuration for this folder (`make lint`). The language is cloudfront-js-2.0: ECMAScript 5.1 and parts of
// 6 to 12 (functions-javascript-runtime-20.html in CloudFront's developer guide).

// ESLint is installed in .venv/tools, so its rules are resolved from the running program.
const js = require(require.resolve('@eslint/js', { paths: [process.argv[1]] }));

const missing = {
  ClassDeclaration: 'classes',
  'FunctionDeclaration[generator=true]': 'generators',
  ForOfStatement: 'for-of',
  ':matches(ObjectPattern, ArrayPattern)': 'destructuring',
  AssignmentPattern: 'default values of parameters',
  SpreadElement: 'spread',
  'Property[shorthand=true]': 'shorthand properties'
};

module.exports = [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2017, sourceType: 'script' },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      curly: ['error', 'multi-line'],
      'default-param-last': 'error',
      'dot-notation': 'error',
      eqeqeq: 'error',
      'max-len': ['error', { code: 120 }],
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-unused-vars': ['error', { varsIgnorePattern: '^handler$', caughtErrors: 'none' }],
      'no-restricted-syntax': [
        'error',
        ...Object.entries(missing).map(([selector, name]) => ({
          selector,
          message: `cloudfront-js-2.0 is not documented to have ${name}.`
        })),
        { selector: 'TemplateLiteral', message: 'CloudFormation takes ${...} for a parameter.' }
      ]
    }
  }
];
