from nightbelt.cli import main

main()
