from nightbelt.entry import main

main()
